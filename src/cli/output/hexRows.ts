import { hexDump, shownHex } from "../../domain/assistant/shownHex.ts"
import type { ByteWriter } from "../../domain/ByteWriter.ts"
import { counted } from "../../domain/counted.ts"
import type { Page } from "./Page.ts"
import { type RowFrame, writeSteps } from "./rows.ts"

// A large frame is written in pieces of this many of its bytes. It is a multiple of the length of a line of a dump.
const pieceBytes = 32 * 1024

/** Formats a piece of a frame that begins at the offset `at`. */
type Form = (piece: Uint8Array, at: number) => string

function* rowSteps(bytes: Uint8Array, frame: RowFrame, out: ByteWriter, head: string, form: Form): Iterator<void> {
  out.bytes(frame.before)
  out.ascii(head)
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    out.ascii(form(bytes.subarray(at, at + pieceBytes), at))
    yield
  }
  out.bytes(frame.after)
}

/** Writes a frame as one row of hex pairs with spaces between them. */
export const writeHex = (bytes: Uint8Array, frame: RowFrame, page: Page): void =>
  writeSteps(bytes.length, page, (out) =>
    rowSteps(bytes, frame, out, "", (piece, at) => `${at === 0 ? "" : " "}${shownHex(piece, piece.length).hex}`),
  )

/** Writes a frame as a row with its length, and below it lines with the offset, hex and ASCII of 16 bytes each. */
export const writeDump = (bytes: Uint8Array, frame: RowFrame, page: Page): void =>
  writeSteps(bytes.length, page, (out) =>
    rowSteps(bytes, frame, out, counted(bytes.length, "byte"), (piece, at) => `\n${hexDump(piece, at)}`),
  )
