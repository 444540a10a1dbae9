const defaultCapacity = 4 * 1024
// Below this number of bytes, a loop copies faster than a call of `set`.
const worthCalling = 32

/**
 * A buffer that grows as bytes are appended. Most code appends with the methods. A hot loop calls `reserve`, writes
 * into `buffer` from the offset `length` on, and then updates `length` itself.
 */
export class ByteWriter {
  /** The memory. Bytes beyond `length` are undefined. Every method can replace the array. */
  buffer: Uint8Array
  /** The number of bytes written. */
  length = 0
  private readonly allocate: (length: number) => Uint8Array
  private readonly capacity: number

  /**
   * `allocate` allocates the memory. Default: a plain `Uint8Array`. `capacity` is the size of the first allocation,
   * bytes. Default: 4 KiB. A capacity for all bytes avoids copies into larger buffers.
   */
  constructor(
    allocate: (length: number) => Uint8Array = (length) => new Uint8Array(length),
    capacity: number = defaultCapacity,
  ) {
    this.allocate = allocate
    this.capacity = capacity
    this.buffer = allocate(0)
  }

  /** Makes room for `more` bytes after `length`. */
  reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.buffer.length) return
    const grown = this.allocate(Math.max(needed, 2 * this.buffer.length, this.capacity))
    grown.set(this.buffer.subarray(0, this.length))
    this.buffer = grown
  }

  byte(byte: number): void {
    this.reserve(1)
    this.buffer[this.length++] = byte
  }

  /** Writes text that has only ASCII characters. */
  ascii(text: string): void {
    this.reserve(text.length)
    const { buffer } = this
    let to = this.length
    for (let at = 0; at < text.length; at++) buffer[to++] = text.charCodeAt(at)
    this.length = to
  }

  /** Writes text in UTF-8. */
  text(text: string): void {
    // A UTF-16 code unit needs at most 3 bytes in UTF-8.
    this.reserve(3 * text.length)
    this.length += encoder.encodeInto(text, this.buffer.subarray(this.length)).written
  }

  /** Writes a copy of `bytes`. */
  bytes(bytes: Uint8Array): void {
    const { length } = bytes
    this.reserve(length)
    if (length > worthCalling) this.buffer.set(bytes, this.length)
    else for (let at = 0; at < length; at++) this.buffer[this.length + at] = bytes[at] as number
    this.length += length
  }

  /** Writes a non-negative whole number in decimal digits. */
  integer(value: number): void {
    if (value >= 2 ** 31) {
      this.ascii(String(value))
      return
    }
    this.reserve(10)
    let digits = 1
    for (let bound = 10; digits < 10 && value >= bound; bound *= 10) digits++
    let rest = value | 0
    for (let at = this.length + digits - 1; at >= this.length; at--) {
      const next = (rest / 10) | 0
      this.buffer[at] = 0x30 + rest - 10 * next
      rest = next
    }
    this.length += digits
  }

  /** Returns the written bytes, which then belong to the caller, and empties the writer. */
  take(): Uint8Array {
    const taken = this.buffer.subarray(0, this.length)
    this.buffer = this.allocate(0)
    this.length = 0
    return taken
  }
}

const encoder = new TextEncoder()
