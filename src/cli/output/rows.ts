import { ByteWriter } from "../../domain/ByteWriter.ts"
import { type LineShower, TextShower, wholeShower } from "../../domain/TextShower.ts"
import { allocate } from "../../runtime/bytes.ts"
import { largeFrameBytes, type Page } from "./Page.ts"

/** The bytes around the rows of a frame. */
export interface RowFrame {
  readonly before: Uint8Array
  readonly after: Uint8Array
  /** The bytes around each row after the first one. `undefined`: the same bytes. */
  readonly later: RowFrame | undefined
}

const utf8 = new TextEncoder()

/** The bytes around rows that begin with `head` and have the colour of `style`. */
export const rowFrame = (head: string, style: (text: string) => string, later?: RowFrame): RowFrame => {
  // The line feed marks the place of the row.
  const [before = "", after = ""] = style(`${head}\n`).split("\n")
  return { before: utf8.encode(before), after: utf8.encode(`${after}\n`), later }
}

/** The size of one piece of the rows of a large frame, in bytes. */
export const pieceBytes = 128 * 1024

/** Writes bytes as rows of text. Each LF ends a row. A `TextShower` keeps an incomplete character at the end. */
export const writeRows = (bytes: Uint8Array, frame: RowFrame, shower: LineShower, page: Page): void => {
  if (bytes.length > largeFrameBytes) {
    const [later, whole] = shower instanceof TextShower ? shower.skip(bytes) : [wholeShower, bytes]
    page.pieces(rowPieces(whole, frame, later))
    return
  }
  const out = page.data
  // The reserved room avoids repeated copies of a long row.
  out.reserve(bytes.length)
  if (bytes.length === 0) {
    // An empty line is a row too.
    out.bytes(frame.before)
    out.bytes(frame.after)
  }
  let at = 0
  let around = frame
  while (at < bytes.length) {
    const before = out.length
    at = writeRow(bytes, at, around, shower, out)
    if (around.later !== undefined && out.length > before) around = around.later
  }
}

/** Writes the incomplete character of a shower, if any, as a separate row. */
export const writeRest = (shower: TextShower, frame: RowFrame, page: Page): void => {
  if (!shower.isHolding()) return
  const { data } = page
  data.bytes(frame.before)
  shower.writeEnd(data)
  data.bytes(frame.after)
}

const writeRow = (bytes: Uint8Array, at: number, frame: RowFrame, shower: LineShower, out: ByteWriter): number => {
  const start = out.length
  out.bytes(frame.before)
  const content = out.length
  const next = shower.writeLine(bytes, at, bytes.length, out)
  // If the bytes are only the start of a character, there is nothing to show yet.
  if (out.length === content) out.length = start
  else out.bytes(frame.after)
  return next
}

const lineFeed = 0x0a

function* rowPieces(bytes: Uint8Array, frame: RowFrame, shower: LineShower): Iterable<Uint8Array> {
  const out = new ByteWriter(allocate)
  let at = 0
  let isInRow = false
  let around = frame
  while (at < bytes.length) {
    if (!isInRow) out.bytes(around.before)
    at = shower.writeLine(bytes, at, Math.min(at + pieceBytes, bytes.length), out)
    isInRow = at < bytes.length && bytes[at - 1] !== lineFeed
    if (!isInRow) {
      out.bytes(around.after)
      around = around.later ?? around
    }
    if (out.length >= pieceBytes) yield out.take()
  }
  yield out.take()
}

/** Takes the bytes from a writer after each step of the code that fills it. */
function* takenFrom(out: ByteWriter, steps: Iterator<void>): Iterable<Uint8Array> {
  while (steps.next().done !== true) yield out.take()
  yield out.take()
}

/** Runs code that fills a writer: at once, or for a large frame while its pieces are written. */
export const writeSteps = (length: number, page: Page, steps: (out: ByteWriter) => Iterator<void>): void => {
  if (length > largeFrameBytes) {
    const out = new ByteWriter(allocate)
    page.pieces(takenFrom(out, steps(out)))
    return
  }
  const all = steps(page.data)
  while (all.next().done !== true) {}
}
