import type * as Assistant from "../../domain/assistant/index.ts"
import { showMixedLine } from "../../domain/showText.ts"
import { type LineShower, TextShower, wholeMixedShower, wholeShower } from "../../domain/TextShower.ts"
import { CodedRows } from "./CodedRows.ts"
import { writeDump, writeHex } from "./hexRows.ts"
import type { Page } from "./Page.ts"
import type { RowWriter, RowWriters } from "./RowWriter.ts"
import { type RowFrame, writeRest, writeRows } from "./rows.ts"

const nothing = (): void => {}

/** A writer of independent frames. */
const wholeWriter = (write: RowWriter["write"]): RowWriter => ({
  write,
  pass: nothing,
  isHolding: () => false,
  writeEnd: nothing,
})

const textWriter = (shower: LineShower): RowWriter =>
  wholeWriter((bytes, frame, page) => writeRows(bytes, frame, shower, page))

/** Writes a stream in UTF-8. */
class TextRows implements RowWriter {
  private readonly shower: TextShower

  constructor(shower: TextShower) {
    this.shower = shower
  }

  write(bytes: Uint8Array, frame: RowFrame, page: Page): void {
    writeRows(bytes, frame, this.shower, page)
  }

  pass(bytes: Uint8Array): void {
    this.shower.pass(bytes)
  }

  isHolding(): boolean {
    return this.shower.isHolding()
  }

  writeEnd(frame: RowFrame, page: Page): void {
    writeRest(this.shower, frame, page)
  }
}

const hexWriter = wholeWriter(writeHex)
const dumpWriter = wholeWriter(writeDump)

/** The writers of a view. `coder` is the encoding of text; the views `hex` and `both` do not use it. */
export const rowWriters = (view: Assistant.LogView, coder: Assistant.TextCoder): RowWriters => {
  if (view === "hex") return { ofStream: () => hexWriter, whole: hexWriter }
  if (view === "both") return { ofStream: () => dumpWriter, whole: dumpWriter }
  if (coder.name !== "utf-8") {
    return {
      ofStream: () => new CodedRows(coder, view, true),
      whole: new CodedRows(coder, view, false),
    }
  }
  return view === "mixed"
    ? { ofStream: () => new TextRows(new TextShower(showMixedLine)), whole: textWriter(wholeMixedShower) }
    : { ofStream: () => new TextRows(new TextShower()), whole: textWriter(wholeShower) }
}
