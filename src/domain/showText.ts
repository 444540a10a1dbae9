import type { ByteWriter } from "./ByteWriter.ts"
import { byteEscape, escapeOf } from "./escapes.ts"
import { escapeTable, escapeWidth, writeCharacter } from "./escapeTable.ts"
import { isUnsafe } from "./unsafeCharacters.ts"
import { characterLength } from "./utf8.ts"

const lineFeed = 0x0a
// Room is made for so many bytes at a time.
const stride = 4096
// The longest that a byte becomes is `\xHH`; each byte of a longer character becomes less.
const longestPerByte = 4
// The last byte may begin a character of 4 bytes, whose escape is longer.
const longestCharacter = 16

const { lengths, escapes } = escapeTable((byte) =>
  byte >= 0x80 ? byteEscape(byte) : isUnsafe(byte) ? escapeOf(byte) : undefined,
)

/**
 * Writes bytes as text from `from` on: up to and with the first LF, or to `to`. Bytes that are not UTF-8 are written
 * `\xHH`, unsafe characters as escapes; a character is written whole also where it reaches beyond `to`. Gives the place
 * behind what is written.
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
      // All four bytes are written, and those that count are counted: cheaper than a loop.
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

/** Writes bytes as `showLine` does, without a stop at LF. Gives the place behind what is written. */
export const showBytes = (bytes: Uint8Array, from: number, to: number, out: ByteWriter): number => {
  let at = from
  while (at < to) at = showLine(bytes, at, to, out)
  return at
}
