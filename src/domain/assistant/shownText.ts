import * as Either from "effect/Either"
import { ByteWriter } from "../ByteWriter.ts"
import { byteEscape, bytesMark, escapeControls } from "../escapes.ts"
import { showBytes, showLine, showMixedLine } from "../showText.ts"
import { unsafeCharacters } from "../unsafeCharacters.ts"
import { begunTail } from "../utf8.ts"
import { type DecodedRun, decodedRuns, joined } from "./decodedRuns.ts"
import type { TextCoder } from "./TextCoder.ts"

/** A frame as text. */
export interface ShownText {
  /** The text with escaped control characters. */
  readonly text: string
  /** Whether the text shows only the beginning of the frame. */
  readonly cut: boolean
}

/**
 * The form of bytes that are not printable characters: escapes such as `\n` and `\xff` (`text`), or each byte as `<HH>`
 * (`mixed`).
 */
export type TextStyle = "text" | "mixed"

/**
 * Formats a frame as one row of text. Control characters and malformed bytes become escapes, or with the style `mixed`
 * their bytes as `<HH>`.
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
 * assert.equal(Assistant.shownText(Assistant.utf8Coder, new Uint8Array(0), Uint8Array.of(0x61, 0x0a), 9, "mixed").text, "a<0A>")
 */
export const shownText = (
  coder: TextCoder,
  before: Uint8Array,
  frame: Uint8Array,
  limit: number,
  style: TextStyle = "text",
): ShownText => {
  const bytes = frame.length > limit ? frame.subarray(0, limit) : frame
  const text =
    coder.name === "utf-8"
      ? utf8Text(before, bytes, style)
      : decodedRuns(coder, before, bytes)
          .map((run) => shownRun(coder, run, style))
          .join("")
  return { text, cut: bytes.length < frame.length }
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true })
// All rows share one writer, because allocating memory would be most of the cost of a row.
const shown = new ByteWriter()

const utf8Text = (before: Uint8Array, frame: Uint8Array, style: TextStyle): string => {
  // `before` ends with at most 3 bytes of an incomplete character.
  const tail = before.subarray(Math.max(0, before.length - 3))
  const bytes = joined(tail.subarray(tail.length - begunTail(tail)), frame)
  shown.length = 0
  showBytes(bytes, 0, bytes.length - begunTail(bytes), shown, style === "mixed" ? showMixedLine : showLine)
  return utf8.decode(shown.buffer.subarray(0, shown.length))
}

/** Formats a part of decoded bytes as {@link shownText} does. */
export const shownRun = (coder: TextCoder, run: DecodedRun, style: TextStyle): string => {
  if (typeof run !== "string") return style === "mixed" ? bytesMark(run) : Array.from(run, byteEscape).join("")
  if (style === "text") return escapeControls(run)
  return run.replace(unsafeCharacters, (character) =>
    // A few characters can be decoded but not encoded.
    Either.match(coder.encode(character), { onLeft: () => escapeControls(character), onRight: bytesMark }),
  )
}
