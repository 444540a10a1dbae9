const defaultCapacity = 4 * 1024
// A call of `set` costs what copying so many bytes one by one does.
const worthCalling = 32

/**
 * Bytes that are written one part after another. Hot loops reserve the room that they need, then write into `buffer` at
 * `length` and set `length` themselves; everybody else calls a method.
 */
export class ByteWriter {
  /** Where the bytes stand; what lies beyond `length` is anything. Another array after each `reserve` and `take`. */
  buffer: Uint8Array
  /** How many bytes are written. */
  length = 0
  private readonly allocate: (length: number) => Uint8Array
  private readonly capacity: number

  /**
   * `allocate` makes the memory (default: a plain `Uint8Array`), `capacity` bytes of it at first (default 4 KiB): where
   * it fits what is written, nothing is copied into a larger one.
   */
  constructor(
    allocate: (length: number) => Uint8Array = (length) => new Uint8Array(length),
    capacity: number = defaultCapacity,
  ) {
    this.allocate = allocate
    this.capacity = capacity
    this.buffer = allocate(0)
  }

  /** Makes room for `more` bytes behind those that are written. */
  reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.buffer.length) return
    const grown = this.allocate(Math.max(needed, 2 * this.buffer.length, this.capacity))
    grown.set(this.buffer.subarray(0, this.length))
    this.buffer = grown
  }

  /** Writes one byte. */
  byte(byte: number): void {
    this.reserve(1)
    this.buffer[this.length++] = byte
  }

  /** Writes text of ASCII characters alone. */
  ascii(text: string): void {
    this.reserve(text.length)
    const { buffer } = this
    let to = this.length
    for (let at = 0; at < text.length; at++) buffer[to++] = text.charCodeAt(at)
    this.length = to
  }

  /** Writes any text in UTF-8. */
  text(text: string): void {
    // A UTF-16 unit needs 3 bytes at most.
    this.reserve(3 * text.length)
    this.length += encoder.encodeInto(text, this.buffer.subarray(this.length)).written
  }

  /** Writes a copy of some bytes. */
  bytes(bytes: Uint8Array): void {
    const { length } = bytes
    this.reserve(length)
    if (length > worthCalling) this.buffer.set(bytes, this.length)
    else for (let at = 0; at < length; at++) this.buffer[this.length + at] = bytes[at] as number
    this.length += length
  }

  /** Writes a whole number in decimal digits; it must not be negative. */
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

  /** Gives what is written, which then belongs to the caller, and begins anew. */
  take(): Uint8Array {
    const taken = this.buffer.subarray(0, this.length)
    this.buffer = this.allocate(0)
    this.length = 0
    return taken
  }
}

const encoder = new TextEncoder()
