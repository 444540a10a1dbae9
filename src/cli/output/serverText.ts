import { serverWords } from "../../domain/eventWords.ts"
import { type ConnectionId, escapeControls, formatConnectionId, type ServerEvent } from "../../domain/index.ts"
import { type LineShower, TextShower, wholeShower } from "../../domain/TextShower.ts"
import type { Style } from "./format.ts"
import type { Page, Renderer } from "./Page.ts"
import { type RowFrame, rowFrame, writeRest, writeRows } from "./rows.ts"
import type { Stamps } from "./Stamps.ts"

const maxNamed = 4

/** Names the recipients of a frame, at most four of them. */
export const recipients = (to: ReadonlyArray<ConnectionId>): string =>
  to.length === 0
    ? "nobody"
    : to.length <= maxNamed
      ? to.map(formatConnectionId).join(",")
      : `${to.slice(0, maxNamed).map(formatConnectionId).join(",")} and ${to.length - maxNamed} more`

/** Shows the events of a server: frames on standard output, everything else on standard error, one line each. */
export class ServerText implements Renderer<ServerEvent> {
  private readonly data: Style
  private readonly talk: Style
  private readonly stamps: Stamps
  private readonly whole: boolean
  private readonly halfClosedKept: boolean
  // Each client has its own shower, because a character may be split over two reads of the same client.
  private readonly showers = new Map<ConnectionId, TextShower>()
  private listeners = 0
  // The bytes around the last row. Under load, many rows have the same time and client.
  private last: { readonly at: number; readonly id: ConnectionId; readonly frame: RowFrame } | undefined

  /**
   * `whole`: each frame is complete text (line framing), so no character continues in the next frame.
   * `halfClosedKept`: half-closed clients stay connected, so each half-close has a line.
   */
  constructor(options: {
    readonly data: Style
    readonly talk: Style
    readonly stamps: Stamps
    readonly whole: boolean
    readonly halfClosedKept: boolean
  }) {
    this.data = options.data
    this.talk = options.talk
    this.stamps = options.stamps
    this.whole = options.whole
    this.halfClosedKept = options.halfClosedKept
  }

  render(event: ServerEvent, page: Page): void {
    switch (event._tag) {
      case "FrameReceived":
        writeRows(event.bytes, this.frameOf(event.at, event.id, page), this.showerOf(event.id), page)
        return
      case "FrameSent": {
        this.tellDate(event.at, page)
        const head = `${this.stamps.of(event.at)}${recipients(event.to)} > `
        writeRows(event.bytes, rowFrame(head, this.data.red), wholeShower, page)
        return
      }
      case "ConnectionClosed": {
        const shower = this.showers.get(event.id)
        this.showers.delete(event.id)
        if (shower !== undefined) this.writeRest(shower, event.at, event.id, page)
        break
      }
      case "EventsMissed":
        // The missed events may include the rest of a character, or the end of a client.
        for (const [id, shower] of this.showers) this.writeRest(shower, event.at, id, page)
        this.showers.clear()
        break
      case "ConnectionHalfClosed":
        if (event.by === "peer" && !this.halfClosedKept) return
        break
      case "Listening":
        this.listeners++
        break
      case "ListenStopped":
        this.listeners--
        break
      default:
        break
    }
    const text = serverWords(event, this.listeners > 1)
    if (text === undefined) return
    const date = this.stamps.newDate(event.at, "err")
    if (date !== undefined) page.err(`${this.talk.dim(date)}\n`)
    page.err(`${this.talk.dim(`${this.stamps.of(event.at)}${escapeControls(text)}`)}\n`)
  }

  private writeRest(shower: TextShower, at: number, id: ConnectionId, page: Page): void {
    if (shower.isHolding()) writeRest(shower, this.frameOf(at, id, page), page)
  }

  private tellDate(at: number, page: Page): void {
    const date = this.stamps.newDate(at, "out")
    if (date !== undefined) page.out(`${this.data.dim(date)}\n`)
  }

  private showerOf(id: ConnectionId): LineShower {
    if (this.whole) return wholeShower
    const known = this.showers.get(id)
    if (known !== undefined) return known
    const shower = new TextShower()
    this.showers.set(id, shower)
    return shower
  }

  /** The bytes around the next row. */
  private frameOf(at: number, id: ConnectionId, page: Page): RowFrame {
    if (this.last?.at !== at || this.last.id !== id) {
      this.tellDate(at, page)
      this.last = { at, id, frame: rowFrame(`${this.stamps.of(at)}${formatConnectionId(id)} < `) }
    }
    return this.last.frame
  }
}
