import { indexOfByte } from "../indexOfByte.ts"

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/** Whether a byte begins an object or an array. */
export const opensValue = (byte: number | undefined): boolean => byte === openBrace || byte === openBracket

// The meaning of a byte outside strings. All other bytes are digits, letters and punctuation, which do not change the
// nesting.
const other = 0
const opens = 1
const closes = 2
const beginsString = 3
const blank = 4
const meanings = new Uint8Array(256)
meanings[quote] = beginsString
meanings[openBrace] = opens
meanings[openBracket] = opens
meanings[closeBrace] = closes
meanings[closeBracket] = closes
for (const byte of [0x20, 0x0a, 0x0d, 0x09]) meanings[byte] = blank

/** Whether a byte is white space of JSON (RFC 8259, section 2). */
export const isBlank = (byte: number | undefined): boolean => byte !== undefined && meanings[byte] === blank

/** Returns the number of backslashes directly before `end`. It does not count bytes before `from`. */
const backslashesBefore = (bytes: Uint8Array, from: number, end: number): number => {
  let at = end
  while (at > from && bytes[at - 1] === backslash) at--
  return end - at
}

// The results of `endOfString` for a string that does not end in the bytes. After `openAndEscaped`, a backslash at the
// end of the bytes escapes the next byte.
const open = -1
const openAndEscaped = -2

/** Returns the offset after the string that contains `from`, or `open`, or `openAndEscaped`. */
const endOfString = (bytes: Uint8Array, from: number): number => {
  for (let at = from; ; ) {
    const end = indexOfByte(bytes, quote, at)
    if (end === -1) {
      if (from > bytes.length) return openAndEscaped
      return backslashesBefore(bytes, from, bytes.length) % 2 === 1 ? openAndEscaped : open
    }
    at = end + 1
    if (bytes[end - 1] !== backslash || backslashesBefore(bytes, from, end) % 2 === 0) return at
  }
}

/** The maximum number of ends that {@link Ends} stores. */
export const mostEnds = 4096

/** Collects the ends of values. It counts all of them, and stores the first {@link mostEnds}. */
export class Ends {
  readonly first = new Uint32Array(mostEnds)
  count = 0

  add(end: number): void {
    if (this.count < mostEnds) this.first[this.count] = end
    this.count++
  }
}

/**
 * Adds the ends of the whole values from `from` on to `ends`. Only white space is allowed between the values. Stops
 * before other bytes, before a value above `mostBytes`, and before a value without an end. Returns the offset after the
 * last value.
 *
 * This loop does the same as {@link JsonScanner.scan} for each value, and takes a fifth less time for short values.
 */
export const scanWhole = (bytes: Uint8Array, from: number, mostBytes: number, ends: Ends): number => {
  const { length } = bytes
  const { first } = ends
  let { count } = ends
  let last = from
  let start = from
  let depth = 0
  let at = from
  while (at < length) {
    const meaning = meanings[bytes[at++] as number] as number
    if (meaning === beginsString) {
      if (depth === 0) return last
      const end = indexOfByte(bytes, quote, at)
      if (end === -1) return last
      if (bytes[end - 1] === backslash) {
        at = endOfString(bytes, at)
        if (at < 0) return last
      } else at = end + 1
    } else if (meaning === opens) {
      if (depth++ === 0) start = at - 1
    } else if (meaning === closes) {
      if (depth === 0) return last
      if (--depth > 0) continue
      if (at - start > mostBytes) return last
      if (count < mostEnds) first[count] = at
      count++
      ends.count = count
      last = at
    } else if (meaning === other && depth === 0) return last
  }
  return last
}

/** Finds the end of one object or array. It follows strings and nesting, and does not parse the rest. */
export class JsonScanner {
  private depth = 0
  private inString = false
  private isEscaped = false

  /**
   * Continues the scan at `from`. At the end of the value, it returns the offset after the value, and the scanner is
   * ready for the next value. It returns -1 if the value does not end in these bytes.
   */
  scan(bytes: Uint8Array, from: number): number {
    const { length } = bytes
    let { depth } = this
    let at = this.inString ? this.resumeString(bytes, from) : from
    while (at < length) {
      const meaning = meanings[bytes[at++] as number]
      if (meaning === beginsString) {
        const end = endOfString(bytes, at)
        if (end < 0) return this.pause(depth, end)
        at = end
      } else if (meaning === opens) depth++
      else if (meaning === closes && --depth === 0) {
        this.depth = 0
        return at
      }
    }
    this.depth = depth
    return -1
  }

  /**
   * Continues a string that began in earlier bytes. Returns the offset after the string, or the length of `bytes` if
   * the string does not end in them.
   */
  private resumeString(bytes: Uint8Array, from: number): number {
    if (from === bytes.length) return from
    const end = endOfString(bytes, from + (this.isEscaped ? 1 : 0))
    this.inString = end < 0
    this.isEscaped = end === openAndEscaped
    return end < 0 ? bytes.length : end
  }

  /** Keeps the state of a value whose string does not end in the bytes. */
  private pause(depth: number, end: number): -1 {
    this.depth = depth
    this.inString = true
    this.isEscaped = end === openAndEscaped
    return -1
  }
}
