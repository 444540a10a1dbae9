import type { ByteWriter } from "./ByteWriter.ts"
import { escapeTable, escapeWidth, writeCharacter } from "./escapeTable.ts"
import { isUnsafe, unsafeCharacters } from "./unsafeCharacters.ts"
import { characterLength } from "./utf8.ts"

// The writer reserves room for this many input bytes at a time.
const stride = 4096
// The longest output per input byte is `\u00XX`. A character of several bytes produces less output per byte.
const longestPerByte = 6
// The last byte can begin a character of 4 bytes. Its escape is two `\uXXXX`, which exceed the room for one byte.
const longestCharacter = 16

const quote = 0x22
const backslash = 0x5c
const short: Readonly<Record<number, string>> = {
  8: "\\b",
  9: "\\t",
  10: "\\n",
  12: "\\f",
  13: "\\r",
  [quote]: '\\"',
  [backslash]: "\\\\",
}

const unitEscape = (unit: number): string => `\\u${unit.toString(16).padStart(4, "0")}`

/** Returns the escape of an unsafe character: `\uXXXX` for each of its one or two UTF-16 units. */
const escapeOf = (codePoint: number): string => {
  if (codePoint <= 0xffff) return short[codePoint] ?? unitEscape(codePoint)
  const rest = codePoint - 0x10000
  return unitEscape(0xd800 + (rest >> 10)) + unitEscape(0xdc00 + (rest & 0x3ff))
}

const { lengths, escapes } = escapeTable((byte) =>
  byte < 0x80 && (byte === quote || byte === backslash || isUnsafe(byte)) ? escapeOf(byte) : undefined,
)
/**
 * Writes UTF-8 bytes from `from` to `to` as the inside of a JSON string. A character that crosses `to` is written
 * whole. Returns the offset after the written bytes, or -1 if the bytes are not UTF-8.
 */
export const writeJsonText = (bytes: Uint8Array, from: number, to: number, out: ByteWriter): number => {
  let at = from
  while (at < to) {
    const stop = Math.min(to, at + stride)
    out.reserve(longestPerByte * (stop - at) + longestCharacter)
    const { buffer } = out
    let { length } = out
    while (at < stop) {
      const byte = bytes[at] as number
      const escaped = lengths[byte] as number
      if (escaped === 0) {
        buffer[length++] = byte
        at++
        continue
      }
      if (escaped > 0) {
        // Always copies the length of the longest escape and advances by the length of the actual escape. This is
        // faster than a loop of variable length.
        const start = escapeWidth * byte
        for (let next = 0; next < longestPerByte; next++) buffer[length + next] = escapes[start + next] as number
        length += escaped
        at++
        continue
      }
      const size = characterLength(bytes, at)
      if (size === 0) return -1
      length = writeCharacter(bytes, at, size, buffer, length, escapeOf)
      at += size
    }
    out.length = length
  }
  return at
}

/** Encodes a value as JSON, with unsafe characters as `\uXXXX`. */
export const safeJson = (value: unknown): string => JSON.stringify(value).replace(unsafeCharacters, escapeUnsafe)

const escapeUnsafe = (character: string): string => escapeOf(character.codePointAt(0) as number)
