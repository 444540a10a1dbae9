import type { Page } from "./Page.ts"
import type { RowFrame } from "./rows.ts"

/** Writes the frames of one stream as rows. */
export interface RowWriter {
  /** Writes a frame. An incomplete character at its end may wait for the next frame. */
  readonly write: (bytes: Uint8Array, frame: RowFrame, page: Page) => void
  /** Reads a frame that is not shown. A character that begins in this frame may end in the next frame. */
  readonly pass: (bytes: Uint8Array) => void
  /** Whether the writer keeps an incomplete character. */
  readonly isHolding: () => boolean
  /** Writes the bytes of an incomplete character as a separate row. */
  readonly writeEnd: (frame: RowFrame, page: Page) => void
}

/** Makes the writers of a view. */
export interface RowWriters {
  /** Makes the writer of a new stream, in which a character may continue in the next frame. */
  readonly ofStream: () => RowWriter
  /** The writer of frames that are independent of each other. */
  readonly whole: RowWriter
}
