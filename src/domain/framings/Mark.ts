import { indexOfByte } from "../indexOfByte.ts"

/**
 * The bytes that end a frame. Marks do not overlap, because the search for the next mark begins after the previous
 * mark.
 */
export class Mark {
  readonly bytes: Uint8Array
  private readonly lastByte: number
  private readonly overlapsItself: boolean

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.lastByte = bytes[bytes.length - 1] ?? 0
    this.overlapsItself = bytes.some((_, length) => length > 0 && this.isAt(bytes.subarray(0, length), length))
  }

  /** Returns the offset after the first mark that begins at `from` or later, or -1. */
  endOf(bytes: Uint8Array, from: number): number {
    const { length } = this.bytes
    if (length === 1) return indexOfByte(bytes, this.lastByte, from) + 1 || -1
    for (let at = from + length - 1; at < bytes.length; at++) {
      at = indexOfByte(bytes, this.lastByte, at)
      if (at === -1) return -1
      if (this.isAt(bytes, at + 1)) return at + 1
    }
    return -1
  }

  /** Returns the offset after the last mark that begins at `from` or later, or `from` if there is none. */
  lastEnd(bytes: Uint8Array, from: number): number {
    if (this.overlapsItself) return this.lastEndForward(bytes, from)
    const least = from + this.bytes.length - 1
    for (let at = bytes.length - 1; at >= least; at--) {
      at = bytes.lastIndexOf(this.lastByte, at)
      if (at < least) return from
      if (this.isAt(bytes, at + 1)) return at + 1
    }
    return from
  }

  /** Returns the number of bytes at the end of `bytes` that may be the beginning of a mark. */
  begunAtEnd(bytes: Uint8Array): number {
    let length = Math.min(this.bytes.length - 1, bytes.length)
    while (length > 0 && !this.beginsAt(bytes, bytes.length - length)) length--
    return length
  }

  private lastEndForward(bytes: Uint8Array, from: number): number {
    let last = from
    for (let end = this.endOf(bytes, from); end !== -1; end = this.endOf(bytes, end)) last = end
    return last
  }

  /** Whether a mark ends at `end`. If fewer bytes precede `end` than a mark has, only these bytes are compared. */
  private isAt(bytes: Uint8Array, end: number): boolean {
    const length = Math.min(this.bytes.length, end)
    for (let back = 1; back <= length; back++) {
      if (bytes[end - back] !== this.bytes[this.bytes.length - back]) return false
    }
    return true
  }

  private beginsAt(bytes: Uint8Array, from: number): boolean {
    for (let at = from; at < bytes.length; at++) if (bytes[at] !== this.bytes[at - from]) return false
    return true
  }
}
