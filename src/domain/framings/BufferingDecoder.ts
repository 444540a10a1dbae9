const empty = new Uint8Array(0)
const longBytes = 1024 * 1024

/**
 * Returns a buffer of `size` bytes that begins with the first `held` bytes of `buffer`. Above 1 MiB the buffer grows in
 * place. A copy at each doubling would leave as much garbage as the frame has bytes, and the collector frees large
 * buffers late.
 */
const grown = (buffer: Uint8Array, held: number, size: number, most: number): Uint8Array => {
  const whole = buffer.buffer
  if (whole instanceof ArrayBuffer && whole.resizable && size <= whole.maxByteLength) {
    whole.resize(size)
    return new Uint8Array(whole)
  }
  // The kernel allocates pages of a resizable buffer on the first write, so `most` costs address space, not memory.
  const bytes = new Uint8Array(
    size <= longBytes ? new ArrayBuffer(size) : new ArrayBuffer(size, { maxByteLength: Math.max(size, most) }),
  )
  bytes.set(buffer.subarray(0, held))
  return bytes
}

/**
 * A decoder that buffers the received part of an incomplete frame. The buffer grows, so a frame that arrives byte by
 * byte needs no object per read.
 */
export abstract class BufferingDecoder {
  /** The buffer. Only its first `held` bytes are received bytes. */
  protected buffer: Uint8Array = empty
  protected held = 0
  private readonly mostHeld: number

  /** `mostHeld` is the greatest length of a frame on the wire, bytes. */
  constructor(mostHeld: number) {
    this.mostHeld = mostHeld
  }

  /** The number of buffered bytes of an incomplete frame. */
  pending(): number {
    return this.held
  }

  protected append(bytes: Uint8Array): void {
    const length = this.held + bytes.length
    if (length > this.buffer.length) {
      const needed = Math.max(length, Math.min(this.buffer.length * 2, this.mostHeld))
      this.buffer = grown(this.buffer, this.held, needed, this.mostHeld)
    }
    this.buffer.set(bytes, this.held)
    this.held = length
  }

  /** Returns the buffered bytes. The decoder puts later bytes into a new buffer. */
  protected take(): Uint8Array {
    const bytes = this.buffer.subarray(0, this.held)
    this.forget()
    return bytes
  }

  protected forget(): void {
    this.buffer = empty
    this.held = 0
  }
}
