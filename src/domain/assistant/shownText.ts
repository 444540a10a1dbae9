import * as Either from "effect/Either"
import { ByteWriter } from "../ByteWriter.ts"
import { byteEscape, escapeControls } from "../escapes.ts"
import { showBytes } from "../showText.ts"
import { begunTail } from "../utf8.ts"
import { isPaired, safeStart } from "./safeStart.ts"
import type { TextCoder } from "./TextCoder.ts"
import { writeHexDump } from "./writeHexDump.ts"

/** A frame as text. */
export interface ShownText {
  /** The text with escaped control characters. */
  readonly text: string
  /** Whether the text shows only the beginning of the frame. */
  readonly cut: boolean
}

/**
 * Formats a frame as one row of text. Control characters and malformed bytes become escapes.
 *
 * `before` contains the bytes of the same stream directly before the frame. A character that begins in `before` and
 * ends in the frame is in this row. An incomplete character at the end of the frame is left for the next row. If frames
 * are independent of each other, `before` is empty. The row shows at most `limit` bytes of the frame.
 *
 * @example
 * import { Assistant } from "tcpfx/domain"
 *
 * const row = Assistant.shownText(Assistant.utf8Coder, Uint8Array.of(0xc3), Uint8Array.of(0xa9, 0x0a), 100)
 * assert.deepEqual(row, { text: "é\\n", cut: false })
 */
export const shownText = (coder: TextCoder, before: Uint8Array, frame: Uint8Array, limit: number): ShownText => {
  const bytes = frame.length > limit ? frame.subarray(0, limit) : frame
  const text = coder.name === "utf-8" ? utf8Text(before, bytes) : codedText(coder, before, bytes)
  return { text, cut: bytes.length < frame.length }
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true })
// All rows share one writer, because allocating memory would be most of the cost of a row.
const shown = new ByteWriter()

const joined = (first: Uint8Array, second: Uint8Array): Uint8Array => {
  if (first.length === 0) return second
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

const utf8Text = (before: Uint8Array, frame: Uint8Array): string => {
  // `before` ends with at most 3 bytes of an incomplete character.
  const tail = before.subarray(Math.max(0, before.length - 3))
  const bytes = joined(tail.subarray(tail.length - begunTail(tail)), frame)
  shown.length = 0
  showBytes(bytes, 0, bytes.length - begunTail(bytes), shown)
  return utf8.decode(shown.buffer.subarray(0, shown.length))
}

const none = new Uint8Array(0)
const replacement = "\ufffd"

const codedText = (coder: TextCoder, before: Uint8Array, frame: Uint8Array): string => {
  const head = before.subarray(safeStart(coder.name, before))
  const decoder = coder.decoder()
  const skipped = decoder.write(head)
  const text = decoder.write(frame)
  // The decoder replaces a malformed byte by U+FFFD, and does not report the offset of the byte.
  return text.includes(replacement) || skipped.includes(replacement)
    ? brokenText(coder, head, frame)
    : escapeControls(text)
}

/** Formats a frame that has malformed bytes. */
const brokenText = (coder: TextCoder, head: Uint8Array, frame: Uint8Array): string => {
  const bytes = joined(head, frame)
  let text = ""
  let begin = 0
  const decoder = coder.decoder()
  // The frame may contain an encoded U+FFFD, which is not malformed.
  const whole = Either.getOrElse(coder.encode(replacement), () => none)
  // The highest offset that the decoder has read. Characters that ended before the frame are in an earlier row.
  let reach = 0
  for (let at = 0; at < bytes.length; at++) {
    reach = Math.max(reach, at)
    const decoded = decoder.write(bytes.subarray(at, at + 1))
    if (decoded === "") continue
    const character = bytes.subarray(begin, at + 1)
    const isBroken = decoded.includes(replacement) && !sameBytes(character, whole)
    const length = isBroken ? brokenLength(coder.name, character) : character.length
    if (reach >= head.length) {
      text += isBroken ? Array.from(character.subarray(0, length), byteEscape).join("") : escapeControls(decoded)
    }
    // The reset discards the state of the decoder. The decoder then reads the bytes after the malformed bytes again.
    if (isBroken) decoder.end()
    begin += length
    at = begin - 1
  }
  return text
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39

/**
 * Returns how many of the bytes that a decoder replaced by one U+FFFD are malformed. The decoder must read the other
 * bytes again (Encoding Standard, chapters 10 to 13).
 */
const brokenLength = (encoding: string, bytes: Uint8Array): number => {
  if (isPaired(encoding)) return Math.min(2, bytes.length)
  const last = bytes[bytes.length - 1] as number
  // In a four-byte character of GB 18030, the second and the fourth byte are ASCII digits.
  if (bytes.length > 2 && isDigit(bytes[1])) return bytes.length === 4 && isDigit(last) ? 4 : 1
  return bytes.length > 1 && last < 0x80 ? bytes.length - 1 : bytes.length
}

const upper = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, "0")

// The hex digits of each byte, precomputed: the page shows thousands of bytes ten times a second.
const pairs = Array.from({ length: 256 }, (_, byte) => upper(byte, 2))

/**
 * Formats at most the first `limit` bytes of a frame as hex pairs, separated by spaces.
 *
 * @example
 * import { Assistant } from "tcpfx/domain"
 *
 * assert.deepEqual(Assistant.shownHex(Uint8Array.of(1, 3, 10), 2), { hex: "01 03", cut: true })
 */
export const shownHex = (frame: Uint8Array, limit: number): { readonly hex: string; readonly cut: boolean } => {
  const shown = frame.length > limit ? frame.subarray(0, limit) : frame
  let hex = shown.length === 0 ? "" : (pairs[shown[0] as number] as string)
  for (let at = 1; at < shown.length; at++) hex += ` ${pairs[shown[at] as number]}`
  return { hex, cut: shown.length < frame.length }
}

const ascii = new TextDecoder()

/**
 * Formats bytes as lines with the offset, hex and ASCII, 16 bytes per line, without a line end after the last line.
 * `first` is the offset that the first line shows. Default 0.
 *
 * @example
 * import { Assistant } from "tcpfx/domain"
 *
 * assert.equal(
 *   Assistant.hexDump(Uint8Array.of(0x68, 0x69, 0x0a)),
 *   "00000000  68 69 0A                                          |hi.|",
 * )
 */
export const hexDump = (frame: Uint8Array, first = 0): string => {
  const out = new ByteWriter()
  writeHexDump(frame, first, out)
  out.length = Math.max(0, out.length - 1)
  return ascii.decode(out.take())
}
