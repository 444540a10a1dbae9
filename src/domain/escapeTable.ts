import { isUnsafe } from "./unsafeCharacters.ts"
import { codePointAt } from "./utf8.ts"

/** The escapes of single bytes, as a table for loops over bytes. */
interface EscapeTable {
  /**
   * The length of each byte's escape. 0: the byte is written unchanged. -1: the escape depends on the following bytes.
   */
  readonly lengths: Int8Array
  /** The escape of each byte, at the offset `escapeWidth` times the byte. */
  readonly escapes: Uint8Array
}

/** The number of table bytes for each escape. No escape of a byte is longer. */
export const escapeWidth = 8

/**
 * Makes a table of the escapes that `escapeOf` returns. A byte without an escape is written unchanged, or is part of a
 * character of several bytes.
 */
export const escapeTable = (escapeOf: (byte: number) => string | undefined): EscapeTable => {
  const lengths = new Int8Array(256)
  const escapes = new Uint8Array(256 * escapeWidth)
  for (let byte = 0; byte < 256; byte++) {
    const text = escapeOf(byte)
    const isLead = byte >= 0xc2 && byte <= 0xf4
    lengths[byte] = isLead || (byte >= 0x80 && text === undefined) ? -1 : (text?.length ?? 0)
    for (let at = 0; at < (text?.length ?? 0); at++) escapes[byte * escapeWidth + at] = text?.charCodeAt(at) ?? 0
  }
  return { lengths, escapes }
}

/** Writes a character of 2 to 4 bytes, or its escape if it is unsafe. Returns the offset after the written bytes. */
export const writeCharacter = (
  bytes: Uint8Array,
  at: number,
  size: number,
  buffer: Uint8Array,
  length: number,
  escapeOf: (codePoint: number) => string,
): number => {
  const code = codePointAt(bytes, at, size)
  if (!isUnsafe(code)) {
    for (let next = 0; next < size; next++) buffer[length + next] = bytes[at + next] as number
    return length + size
  }
  const text = escapeOf(code)
  for (let next = 0; next < text.length; next++) buffer[length + next] = text.charCodeAt(next)
  return length + text.length
}
