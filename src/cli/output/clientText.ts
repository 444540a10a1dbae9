import { clientWords } from "../../domain/eventWords.ts"
import { type ClientEvent, escapeControls } from "../../domain/index.ts"
import { TextShower, wholeShower } from "../../domain/TextShower.ts"
import type { Style } from "./format.ts"
import type { Page, Renderer } from "./Page.ts"
import { type RowFrame, rowFrame, writeRest, writeRows } from "./rows.ts"
import type { Stamps } from "./Stamps.ts"

/** Shows the events of a client: frames on standard output, everything else on standard error, one line each. */
export class ClientText implements Renderer<ClientEvent> {
  private readonly data: Style
  private readonly talk: Style
  private readonly stamps: Stamps
  private readonly whole: boolean
  private readonly shower = new TextShower()
  // The bytes around the last row. Under load, many rows have the same time.
  private last: { readonly at: number; readonly frame: RowFrame } | undefined

  /** `whole`: each frame is complete text (line framing), so no character continues in the next frame. */
  constructor(options: {
    readonly data: Style
    readonly talk: Style
    readonly stamps: Stamps
    readonly whole: boolean
  }) {
    this.data = options.data
    this.talk = options.talk
    this.stamps = options.stamps
    this.whole = options.whole
  }

  render(event: ClientEvent, page: Page): void {
    if (event._tag === "FrameReceived") {
      writeRows(event.bytes, this.frameOf(event.at, page), this.whole ? wholeShower : this.shower, page)
      return
    }
    if (event._tag === "FrameSent") {
      this.tellDate(event.at, page)
      writeRows(event.bytes, rowFrame(`${this.stamps.of(event.at)}> `, this.data.red), wholeShower, page)
      return
    }
    // The command reports this failure itself: as its last message, or with the delay before the next attempt.
    if (event._tag === "ConnectFailed") return
    // After missed events, the next bytes may not be the rest of an incomplete character.
    if (event._tag === "Disconnected" || event._tag === "EventsMissed") {
      if (this.shower.isHolding()) writeRest(this.shower, this.frameOf(event.at, page), page)
    }
    const date = this.stamps.newDate(event.at, "err")
    if (date !== undefined) page.err(`${this.talk.dim(date)}\n`)
    page.err(`${this.talk.dim(`${this.stamps.of(event.at)}${escapeControls(clientWords(event))}`)}\n`)
  }

  private tellDate(at: number, page: Page): void {
    const date = this.stamps.newDate(at, "out")
    if (date !== undefined) page.out(`${this.data.dim(date)}\n`)
  }

  /** The bytes around the next row. */
  private frameOf(at: number, page: Page): RowFrame {
    if (this.last?.at !== at) {
      this.tellDate(at, page)
      this.last = { at, frame: rowFrame(`${this.stamps.of(at)}< `) }
    }
    return this.last.frame
  }
}
