import { type DecodedRun, DecodedStream } from "../../domain/assistant/decodedRuns.ts"
import type * as Assistant from "../../domain/assistant/index.ts"
import { shownRun } from "../../domain/assistant/shownText.ts"
import type { ByteWriter } from "../../domain/ByteWriter.ts"
import type { Page } from "./Page.ts"
import type { RowWriter } from "./RowWriter.ts"
import { pieceBytes, type RowFrame, writeSteps } from "./rows.ts"

/** Writes frames of text in an encoding other than UTF-8. Each LF ends a row. */
export class CodedRows implements RowWriter {
  private readonly coder: Assistant.TextCoder
  private readonly style: Assistant.TextStyle
  private readonly continues: boolean
  private readonly stream: DecodedStream

  /** `continues` means that a character at the end of a frame may end in the next frame. */
  constructor(coder: Assistant.TextCoder, style: Assistant.TextStyle, continues: boolean) {
    this.coder = coder
    this.style = style
    this.continues = continues
    this.stream = new DecodedStream(coder)
  }

  write(bytes: Uint8Array, frame: RowFrame, page: Page): void {
    writeSteps(bytes.length, page, (out) => this.steps(bytes, frame, out))
  }

  pass(bytes: Uint8Array): void {
    this.stream.push(bytes)
  }

  isHolding(): boolean {
    return this.stream.isHolding()
  }

  writeEnd(frame: RowFrame, page: Page): void {
    const held = this.stream.end()
    if (held.length === 0) return
    const { data } = page
    data.bytes(frame.before)
    data.text(shownRun(this.coder, held, this.style))
    data.bytes(frame.after)
  }

  /** Writes the rows of a frame. Yields after each piece of the frame. */
  private *steps(bytes: Uint8Array, frame: RowFrame, out: ByteWriter): Iterator<void> {
    let around = frame
    let isInRow = false
    const write = (run: DecodedRun): void => {
      if (!isInRow) out.bytes(around.before)
      isInRow = true
      out.text(shownRun(this.coder, run, this.style))
    }
    const endRow = (): void => {
      isInRow = false
      out.bytes(around.after)
      around = around.later ?? around
    }
    // An empty frame is a row too.
    if (bytes.length === 0) write("")
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      for (const run of this.stream.push(bytes.subarray(at, at + pieceBytes))) {
        for (const part of typeof run === "string" ? linesOf(run) : [run]) {
          write(part)
          if (typeof part === "string" && part.endsWith("\n")) endRow()
        }
      }
      yield
    }
    if (!this.continues) {
      const held = this.stream.end()
      if (held.length > 0) write(held)
    }
    if (isInRow) endRow()
  }
}

/** The lines of a text, each with its LF. */
const linesOf = (text: string): ReadonlyArray<string> => text.split(/(?<=\n)/u).filter((line) => line !== "")
