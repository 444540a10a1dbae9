import { ByteWriter } from "../../domain/ByteWriter.ts"
import { byteEscape, escapeOf } from "../../domain/escapes.ts"
import { characterLength, codePointAt } from "../../domain/utf8.ts"

/**
 * Whether a character could act on the terminal of a reader, or change the order of the text: controls except TAB, line
 * separators, and the characters of bidirectional formatting. Joiners stay, because names of people and emoji need them.
 */
const isHarmful = (code: number): boolean =>
  (code < 0x20 && code !== 0x09) ||
  (code >= 0x7f && code <= 0x9f) ||
  (code >= 0x2028 && code <= 0x202e) ||
  (code >= 0x2066 && code <= 0x2069)

const isPlainAscii = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x20 && byte < 0x7f

/**
 * The length of the character at `at` if it is harmless, or 0. A byte that is not UTF-8 counts as a character of one
 * byte.
 */
const harmlessLength = (line: Uint8Array, at: number): number => {
  const byte = line[at] as number
  if (byte < 0x80) return isHarmful(byte) ? 0 : 1
  const length = characterLength(line, at)
  // Bytes from A0 up are text in other encodings, such as GB2312. The bytes 80 to 9F are controls of an 8-bit terminal.
  if (length === 0) return byte < 0xa0 ? 0 : 1
  return isHarmful(codePointAt(line, at, length)) ? 0 : length
}

/** The offset of the first harmful character, or the length of the line. */
const firstHarm = (line: Uint8Array): number => {
  let at = 0
  while (at < line.length) {
    // Most lines are ASCII, so this loop is most of the cost of relaying.
    while (isPlainAscii(line[at])) at++
    if (at === line.length) return at
    const length = harmlessLength(line, at)
    if (length === 0) return at
    at += length
  }
  return at
}

/** Writes the text of a client. Harmful characters are written as escapes. */
export const writeHarmless = (line: Uint8Array, out: ByteWriter): void => {
  const harm = firstHarm(line)
  out.bytes(harm === line.length ? line : line.subarray(0, harm))
  for (let at = harm; at < line.length; ) {
    const length = harmlessLength(line, at)
    if (length > 0) {
      out.bytes(line.subarray(at, at + length))
      at += length
    } else {
      const whole = characterLength(line, at)
      out.ascii(whole === 0 ? byteEscape(line[at] as number) : escapeOf(codePointAt(line, at, whole)))
      at += Math.max(1, whole)
    }
  }
}

/** The text of a client with escapes in place of harmful characters. */
export const harmless = (line: Uint8Array): Uint8Array => {
  if (firstHarm(line) === line.length) return line
  const out = new ByteWriter()
  writeHarmless(line, out)
  return out.take()
}
