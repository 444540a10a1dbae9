import * as Either from "effect/Either"
import { ByteWriter } from "../ByteWriter.ts"
import { byteEscape, escapeControls } from "../escapes.ts"
import { showBytes } from "../showText.ts"
import { begunTail } from "../utf8.ts"
import { isPaired, safeStart } from "./safeStart.ts"
import type { TextCoder } from "./TextCoder.ts"

/** A frame as text. */
export interface ShownText {
  /** Safe to show: control characters are escaped. */
  readonly text: string
  /** Whether it is the begin of the frame only. */
  readonly cut: boolean
}

/**
 * A frame as one row of text. Control characters and bytes that are no character are written as escapes.
 *
 * `before` are the bytes of the same stream just before the frame, or the last of them: a character that begins there and
 * ends in the frame is shown in this row. A character that begins in the frame and does not end in it is left for the next
 * row. `before` is empty where each frame stands for itself. At most `limit` bytes of the frame are shown.
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
// One writer for all rows: memory for each row would be most of what a row costs.
const shown = new ByteWriter()

const joined = (first: Uint8Array, second: Uint8Array): Uint8Array => {
  if (first.length === 0) return second
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

const utf8Text = (before: Uint8Array, frame: Uint8Array): string => {
  // What `before` has left for this row is at its end, and 3 bytes at most.
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
  // Where a byte is broken, the decoder does not say which one.
  return text.includes(replacement) || skipped.includes(replacement)
    ? brokenText(coder, head, frame)
    : escapeControls(text)
}

/** The text of a frame in which some bytes are no character. */
const brokenText = (coder: TextCoder, head: Uint8Array, frame: Uint8Array): string => {
  const bytes = joined(head, frame)
  let text = ""
  let begin = 0
  const decoder = coder.decoder()
  // U+FFFD itself is not broken.
  const whole = Either.getOrElse(coder.encode(replacement), () => none)
  // How far the bytes have been looked at. What was decided before the frame began is in an earlier row.
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
    // The bytes behind the broken ones are read anew, by a decoder that holds nothing.
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
 * How many of the bytes that a decoder has taken for one character are broken; it reads the others again (the Encoding
 * Standard, chapters 10 to 13).
 */
const brokenLength = (encoding: string, bytes: Uint8Array): number => {
  if (isPaired(encoding)) return Math.min(2, bytes.length)
  const last = bytes[bytes.length - 1] as number
  // Four bytes of GB 18030: the second and the fourth are digits.
  if (bytes.length > 2 && isDigit(bytes[1])) return bytes.length === 4 && isDigit(last) ? 4 : 1
  return bytes.length > 1 && last < 0x80 ? bytes.length - 1 : bytes.length
}

const upper = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, "0")

// Each byte in hex: a page shows thousands of them ten times a second.
const pairs = Array.from({ length: 256 }, (_, byte) => upper(byte, 2))

/**
 * A frame as hex pairs with spaces between them: at most the first `limit` bytes.
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

const perLine = 16

/**
 * Bytes as lines of offset, hex and ASCII, sixteen to a line, without a line end behind the last one. `first` is the offset
 * that the first line shows. Default 0.
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
  let dump = ""
  for (let at = 0; at < frame.length; at += perLine) {
    let hex = ""
    let ascii = ""
    for (let place = 0; place < perLine; place++) {
      const byte = frame[at + place]
      hex += `${byte === undefined ? "  " : pairs[byte]}${place === perLine / 2 - 1 ? "  " : " "}`
      if (byte !== undefined) ascii += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."
    }
    dump += `${at === 0 ? "" : "\n"}${upper(first + at, 8)}  ${hex} |${ascii}|`
  }
  return dump
}
