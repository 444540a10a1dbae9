const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/** Whether a byte begins an object or an array. */
export const opensValue = (byte: number | undefined): boolean => byte === openBrace || byte === openBracket

/** Whether a byte is white space of JSON (RFC 8259, section 2). */
export const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

// In a string longer than this number of bytes, the native search for the quotation mark is faster than the loop.
const shortBytes = 8

/** Returns the number of backslashes directly before `end`. It does not count bytes before `from`. */
const backslashesBefore = (bytes: Uint8Array, from: number, end: number): number => {
  let at = end
  while (at > from && bytes[at - 1] === backslash) at--
  return end - at
}

/** Finds the end of one object or array. It follows strings and nesting, and does not parse the rest. */
export class JsonScanner {
  private depth = 0
  private inString = false
  private isEscaped = false

  /**
   * Continues the scan at `from`. At the end of the value, it returns the offset behind the value, and the scanner is
   * ready for the next value. It returns -1 if the value does not end in these bytes.
   */
  scan(bytes: Uint8Array, from: number): number {
    const { length } = bytes
    let { depth } = this
    let at = this.inString ? this.endOfString(bytes, from) : from
    while (at < length) {
      const byte = bytes[at++] as number
      // Outside strings, all other bytes are digits, letters, white space and punctuation. They do not change the
      // nesting.
      if (byte === quote) at = this.endOfString(bytes, at)
      else if (byte === openBrace || byte === openBracket) depth++
      else if ((byte === closeBrace || byte === closeBracket) && --depth === 0) {
        this.depth = 0
        return at
      }
    }
    this.depth = depth
    return -1
  }

  /**
   * Returns the offset behind the string that contains `from`. If the string does not end, returns the length of
   * `bytes`.
   */
  private endOfString(bytes: Uint8Array, from: number): number {
    const { length } = bytes
    let at = from
    if (this.isEscaped && from < length) {
      this.isEscaped = false
      at++
    }
    const stop = Math.min(length, at + shortBytes)
    while (at < stop) {
      const byte = bytes[at++]
      if (byte === quote) return this.inString ? this.leaveString(at) : at
      if (byte === backslash) at++
    }
    const start = at
    while (at < length) {
      const end = bytes.indexOf(quote, at)
      if (end === -1) {
        at = length + (backslashesBefore(bytes, start, length) % 2)
        break
      }
      at = end + 1
      if (bytes[end - 1] !== backslash || backslashesBefore(bytes, start, end) % 2 === 0) {
        return this.inString ? this.leaveString(at) : at
      }
    }
    this.inString = true
    this.isEscaped = at > length
    return length
  }

  private leaveString(at: number): number {
    this.inString = false
    return at
  }
}
