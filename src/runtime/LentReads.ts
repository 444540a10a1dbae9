// A read that fills less than this share of its buffer is copied, so that a few bytes do not occupy a whole buffer.
const leastShare = 1 / 8

// The number of free buffers that are kept. While the receiver uses one buffer, the next read fills another. A slow
// receiver uses several.
const mostKept = 3

/**
 * Large read buffers for one socket. A read lends its buffer to the receiver without a copy, and the next read uses
 * another buffer. {@link recycle} returns a buffer for reuse. A buffer that the receiver never returns is
 * garbage-collected.
 */
export class LentReads {
  private readonly size: number
  private readonly free: Array<Uint8Array> = []
  /** The lent buffers, by their memory. */
  private readonly lent = new WeakMap<ArrayBufferLike, Uint8Array>()
  private current: Uint8Array | undefined

  /** `size`: the size of one buffer, bytes. */
  constructor(size: number) {
    this.size = size
  }

  /** Returns the buffer for the next read. */
  next(): Uint8Array {
    this.current ??= this.free.pop() ?? Buffer.allocUnsafeSlow(this.size)
    return this.current
  }

  /**
   * Returns the `length` bytes that a read has written into `buffer`. Lends the buffer for a large read, and copies a
   * small read.
   */
  taken(length: number, buffer: Uint8Array): Uint8Array {
    // The first read after the switch to lent buffers still uses the buffer that all sockets share.
    if (buffer !== this.current || length < this.size * leastShare) return new Uint8Array(buffer.subarray(0, length))
    this.current = undefined
    this.lent.set(buffer.buffer, buffer)
    return buffer.subarray(0, length)
  }

  /** Takes back the buffer of bytes that {@link taken} has lent, for reuse. Ignores other bytes. */
  recycle(bytes: Uint8Array): void {
    const buffer = this.lent.get(bytes.buffer)
    if (buffer === undefined) return
    this.lent.delete(bytes.buffer)
    if (this.free.length < mostKept) this.free.push(buffer)
  }

  /** {@link next} as a callback: Node calls it after each read. */
  readonly nextBuffer = (): Uint8Array => this.next()
}
