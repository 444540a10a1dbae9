import type { ByteWriter } from "./ByteWriter.ts"
import { byteEscape, byteMark, bytesMark, escapeOf } from "./escapes.ts"
import { escapeTable, escapeWidth, writeCharacter } from "./escapeTable.ts"
import { isUnsafe } from "./unsafeCharacters.ts"
import { characterLength } from "./utf8.ts"

const lineFeed = 0x0a
// The writer reserves room for this many input bytes at a time.
const stride = 4096
// The longest output per input byte is `\xHH` or `<HH>`. A character of several bytes produces no more output per byte.
const longestPerByte = 4
// The last byte can begin a character of 4 bytes, whose escape exceeds the room for one byte.
const longestCharacter = 16
const encoder = new TextEncoder()

/**
 * Writes bytes as text from `from` to the first LF, inclusive, or to `to`. Bytes that are not UTF-8 and unsafe
 * characters are written as escapes. A character that crosses `to` is written whole. Returns the offset after the
 * written bytes.
 */
export type ShowLine = (bytes: Uint8Array, from: number, to: number, out: ByteWriter) => number

/**
 * Makes a {@link ShowLine}. `ofByte` escapes one byte and returns at most 4 characters, and `ofCharacter` escapes a
 * character of several bytes and returns at most 4 characters per byte.
 */
const makeShowLine = (ofByte: (byte: number) => string, ofCharacter: (codePoint: number) => string): ShowLine => {
  const { lengths, escapes } = escapeTable((byte) => (byte >= 0x80 || isUnsafe(byte) ? ofByte(byte) : undefined))
  return (bytes, from, to, out) => {
    let at = from
    while (at < to) {
      const stop = Math.min(to, at + stride)
      out.reserve(longestPerByte * (stop - at) + longestCharacter)
      const { buffer } = out
      let { length } = out
      while (at < stop) {
        const byte = bytes[at] as number
        let escaped = lengths[byte] as number
        if (escaped === 0) {
          buffer[length++] = byte
          at++
          continue
        }
        if (escaped < 0) {
          const size = characterLength(bytes, at)
          if (size > 0) {
            length = writeCharacter(bytes, at, size, buffer, length, ofCharacter)
            at += size
            continue
          }
          escaped = longestPerByte
        }
        // Always copies four bytes and advances by the actual length of the escape. This is faster than a loop.
        const start = escapeWidth * byte
        buffer[length] = escapes[start] as number
        buffer[length + 1] = escapes[start + 1] as number
        buffer[length + 2] = escapes[start + 2] as number
        buffer[length + 3] = escapes[start + 3] as number
        length += escaped
        at++
        if (byte === lineFeed) {
          out.length = length
          return at
        }
      }
      out.length = length
    }
    return at
  }
}

/** Writes malformed bytes as `\xHH`, and unsafe characters as the escapes that `parseEscapes` reads. */
export const showLine: ShowLine = makeShowLine((byte) => (byte >= 0x80 ? byteEscape(byte) : escapeOf(byte)), escapeOf)

/** Writes each malformed byte, and each byte of an unsafe character, as `<HH>`. */
export const showMixedLine: ShowLine = makeShowLine(byteMark, (codePoint) =>
  bytesMark(encoder.encode(String.fromCodePoint(codePoint))),
)

/**
 * Writes bytes in the same way as `show`, but does not stop at LF. Returns the offset after the written bytes. `show`
 * is {@link showLine} by default.
 */
export const showBytes = (
  bytes: Uint8Array,
  from: number,
  to: number,
  out: ByteWriter,
  show: ShowLine = showLine,
): number => {
  let at = from
  while (at < to) at = show(bytes, at, to, out)
  return at
}
