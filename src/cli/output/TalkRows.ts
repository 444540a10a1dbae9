import { escapeControls } from "../../domain/index.ts"
import type { MessageFields, MessageLevel, MessageLog } from "../process/MessageLog.ts"
import type { Page } from "./Page.ts"
import type { Stamps } from "./Stamps.ts"
import type { Palette } from "./theme.ts"

/** Writes events that are not data to standard error: as rows with a time, or as messages in JSON. */
export class TalkRows {
  private readonly log: MessageLog
  private readonly palette: Palette
  private readonly stamps: Stamps

  constructor(log: MessageLog, palette: Palette, stamps: Stamps) {
    this.log = log
    this.palette = palette
    this.stamps = stamps
  }

  write(page: Page, level: MessageLevel, at: number, text: string, fields: MessageFields): void {
    const { log, palette, stamps } = this
    if (!log.shows(level)) return
    if (log.format === "json") {
      page.err(log.json(at, level, text, fields))
      return
    }
    const date = stamps.newDate(at, "err")
    if (date !== undefined) page.err(`${palette.dim(date)}\n`)
    page.err(`${palette.dim(`${stamps.of(at, "err")}${escapeControls(text)}`)}\n`)
  }
}
