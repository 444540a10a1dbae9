// glibc derives both thresholds of free(3) from the largest freed block that had a mapping of its own. Such blocks have
// at most 32 MiB.
const blockBytes = 24 * 1024 * 1024

/**
 * Makes glibc keep up to 48 MiB of freed memory for later reads. By default glibc returns freed memory above 128 KiB to
 * the kernel, and bulk traffic then pays for a page fault per page that it reads into (mallopt(3), M_TRIM_THRESHOLD).
 *
 * The setting is for the whole process, so only the command makes it, and never the library. The block takes no
 * physical memory, because no byte of it is written. V8 frees it at a collection of garbage.
 */
export const keepFreedMemory = (): void => {
  try {
    Buffer.allocUnsafeSlow(blockBytes)
  } catch {
    // Without room for the block (ulimit -v), freed memory returns to the kernel as by default.
  }
}
