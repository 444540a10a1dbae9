// A read that fills less than this share of its buffer is copied, so that a buffer is not spent on a few bytes.
const leastShare = 1 / 8

// Buffers kept for reuse. One is read into while the receiver has another; the rest absorbs a receiver that is late.
const mostKept = 3

/**
 * Large buffers for the reads of one socket. A read hands its buffer over without a copy, and the next read goes into
 * another buffer. {@link giveBack} makes a buffer available again; a buffer that is never given back is collected.
 */
export class LentReads {
  private readonly size: number
  private readonly free: Array<Uint8Array> = []
  /** Buffers whose bytes the receiver has, by their memory. */
  private readonly lent = new WeakMap<ArrayBufferLike, Uint8Array>()
  private current: Uint8Array | undefined

  /** `size`: bytes of one buffer. */
  constructor(size: number) {
    this.size = size
  }

  /** The buffer for the next read. */
  next(): Uint8Array {
    this.current ??= this.free.pop() ?? Buffer.allocUnsafeSlow(this.size)
    return this.current
  }

  /** The bytes that a read of `length` bytes put into `buffer`. */
  taken(length: number, buffer: Uint8Array): Uint8Array {
    // The first read after the change still goes into the buffer that all sockets share.
    if (buffer !== this.current || length < this.size * leastShare) return new Uint8Array(buffer.subarray(0, length))
    this.current = undefined
    this.lent.set(buffer.buffer, buffer)
    return buffer.subarray(0, length)
  }

  /** Makes the memory of bytes that {@link taken} gave available again. Other bytes are ignored. */
  giveBack(bytes: Uint8Array): void {
    const buffer = this.lent.get(bytes.buffer)
    if (buffer === undefined) return
    this.lent.delete(bytes.buffer)
    if (this.free.length < mostKept) this.free.push(buffer)
  }

  /** What Node calls after each read to get the next buffer. */
  readonly nextBuffer = (): Uint8Array => this.next()
}
