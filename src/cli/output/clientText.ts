import { clientTone } from "../../domain/eventTone.ts"
import { clientWords } from "../../domain/eventWords.ts"
import type { ClientEvent } from "../../domain/index.ts"
import { MessageLog } from "../process/MessageLog.ts"
import type { EventTest } from "./frameFilter.ts"
import type { Page, Renderer } from "./Page.ts"
import type { RowWriter, RowWriters } from "./RowWriter.ts"
import type { RowFrame } from "./rows.ts"
import type { Stamps } from "./Stamps.ts"
import { TalkRows } from "./TalkRows.ts"
import type { TextOptions } from "./textOptions.ts"
import type { Palette } from "./theme.ts"

/** Shows the events of a client: frames on standard output, everything else on standard error, one line each. */
export class ClientText implements Renderer<ClientEvent> {
  private readonly data: Palette
  private readonly talk: TalkRows
  private readonly stamps: Stamps
  private readonly writers: RowWriters
  private readonly admits: EventTest | undefined
  private readonly received: RowWriter
  // The bytes around the last row. Under load, many rows have the same time.
  private last: { readonly at: number; readonly frame: RowFrame } | undefined

  /**
   * `whole`: each frame is complete text (line framing), so no character continues in the next frame. `admits` tests
   * whether data is shown; by default all data is shown.
   */
  constructor(options: TextOptions) {
    this.data = options.data
    this.talk = new TalkRows(options.log ?? new MessageLog(), options.talk, options.stamps)
    this.stamps = options.stamps
    this.writers = options.writers
    this.admits = options.admits
    this.received = options.whole ? options.writers.whole : options.writers.ofStream()
  }

  render(event: ClientEvent, page: Page): void {
    const isShown = this.admits === undefined || this.admits(event)
    if (event._tag === "FrameReceived") {
      if (isShown) this.received.write(event.bytes, this.frameOf(event.at, page), page)
      else this.received.pass(event.bytes)
      return
    }
    if (event._tag === "FrameSent") {
      if (!isShown) return
      this.tellDate(event.at, page)
      this.writers.whole.write(event.bytes, this.stamps.frame(event.at, "> ", this.data.sent), page)
      return
    }
    // The command reports this failure itself: as its last message, or with the delay before the next attempt.
    if (event._tag === "ConnectFailed") return
    // After missed events, the next bytes may not be the rest of an incomplete character.
    if (event._tag === "Disconnected" || event._tag === "EventsMissed") {
      if (this.received.isHolding()) this.received.writeEnd(this.frameOf(event.at, page), page)
    }
    const level = clientTone(event) === "problem" ? "warn" : "info"
    this.talk.write(page, level, event.at, clientWords(event), { event: event._tag })
  }

  private tellDate(at: number, page: Page): void {
    const date = this.stamps.newDate(at, "out")
    if (date !== undefined) page.out(`${this.data.dim(date)}\n`)
  }

  /** The bytes around the rows of a received frame. */
  private frameOf(at: number, page: Page): RowFrame {
    if (this.last?.at !== at || this.stamps.isRelative) {
      this.tellDate(at, page)
      this.last = { at, frame: this.stamps.frame(at, "< ", this.data.received) }
    }
    return this.last.frame
  }
}
