// When a block with its own mapping is freed, glibc raises its mapping threshold to the size of the block, and its trim
// threshold to twice that. Blocks above 32 MiB have no effect (mallopt(3), M_MMAP_THRESHOLD).
const blockBytes = 24 * 1024 * 1024

/**
 * Makes glibc keep up to 48 MiB of freed memory for later reads. By default glibc returns freed memory above 128 KiB to
 * the kernel, and bulk traffic then causes a page fault for each page that a read fills (mallopt(3), M_TRIM_THRESHOLD).
 *
 * The setting affects the whole process, so only the command changes it, and never the library. The block uses no
 * physical memory, because no code writes to it. V8 frees it at a later garbage collection.
 */
export const keepFreedMemory = (): void => {
  try {
    Buffer.allocUnsafeSlow(blockBytes)
  } catch {
    // Without room for the block (ulimit -v), glibc returns freed memory to the kernel as by default.
  }
}
