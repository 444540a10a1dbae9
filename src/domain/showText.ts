import type { ByteWriter } from "./ByteWriter.ts"
import { byteEscape, escapeOf } from "./escapes.ts"
import { escapeTable, escapeWidth, writeCharacter } from "./escapeTable.ts"
import { isUnsafe } from "./unsafeCharacters.ts"
import { characterLength } from "./utf8.ts"

const lineFeed = 0x0a
// The writer reserves room for this many input bytes at a time.
const stride = 4096
// The longest output per input byte is `\xHH`. A character of several bytes produces less output per byte.
const longestPerByte = 4
// The last byte can begin a character of 4 bytes, whose escape exceeds the room for one byte.
const longestCharacter = 16

const { lengths, escapes } = escapeTable((byte) =>
  byte >= 0x80 ? byteEscape(byte) : isUnsafe(byte) ? escapeOf(byte) : undefined,
)

/**
 * Writes bytes as text from `from` to the first LF, inclusive, or to `to`. Bytes that are not UTF-8 are written as
 * `\xHH`, and unsafe characters as their escapes. A character that crosses `to` is written whole. Returns the offset
 * after the written bytes.
 */
export const showLine = (bytes: Uint8Array, from: number, to: number, out: ByteWriter): number => {
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
          length = writeCharacter(bytes, at, size, buffer, length, escapeOf)
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

/**
 * Writes bytes in the same way as {@link showLine}, but does not stop at LF. Returns the offset after the written
 * bytes.
 */
export const showBytes = (bytes: Uint8Array, from: number, to: number, out: ByteWriter): number => {
  let at = from
  while (at < to) at = showLine(bytes, at, to, out)
  return at
}
