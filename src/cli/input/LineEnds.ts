import type { LineEnding } from "../../domain/assistant/index.ts"

const lineFeed = 0x0a
const carriageReturn = 0x0d
const empty = new Uint8Array(0)

/**
 * Replaces the line ends of a stream. Each LF becomes the given line end; a CRLF stays a CRLF, also if it is split over
 * two chunks. With `none`, LF and CRLF are removed.
 */
export class LineEnds {
  private readonly ending: LineEnding
  private wasReturn = false

  constructor(ending: LineEnding) {
    this.ending = ending
  }

  /** Converts the next chunk. With `none`, a CR at its end is kept until the next byte is known. */
  push(chunk: Uint8Array): Uint8Array {
    if (this.ending === "lf" || chunk.length === 0) return chunk
    const holds = this.ending === "none"
    const out = new Uint8Array(chunk.length * 2 + 1)
    let length = 0
    for (const byte of chunk) {
      if (byte === lineFeed) {
        if (!this.wasReturn && !holds) out[length++] = carriageReturn
        if (this.ending === "crlf" || (this.wasReturn && !holds)) out[length++] = lineFeed
      } else {
        if (holds && this.wasReturn) out[length++] = carriageReturn
        if (!holds || byte !== carriageReturn) out[length++] = byte
      }
      this.wasReturn = byte === carriageReturn
    }
    return out.subarray(0, length)
  }

  /** Ends the stream. Returns the CR that was kept, if there is one. */
  end(): Uint8Array {
    return this.ending === "none" && this.wasReturn ? Uint8Array.of(carriageReturn) : empty
  }
}
