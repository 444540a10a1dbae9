import { serverTone } from "../../domain/eventTone.ts"
import { serverWords } from "../../domain/eventWords.ts"
import { type ConnectionId, escapeControls, formatConnectionId, type ServerEvent } from "../../domain/index.ts"
import { MessageLog } from "../process/MessageLog.ts"
import { tlsServerOptionsFor } from "../tls/options.ts"
import type { EventTest } from "./frameFilter.ts"
import type { Page, Renderer } from "./Page.ts"
import type { RowWriter, RowWriters } from "./RowWriter.ts"
import type { RowFrame } from "./rows.ts"
import type { Stamps } from "./Stamps.ts"
import { TalkRows } from "./TalkRows.ts"
import type { TextOptions } from "./textOptions.ts"
import type { Palette } from "./theme.ts"

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
  private readonly data: Palette
  private readonly talk: TalkRows
  private readonly stamps: Stamps
  private readonly whole: boolean
  private readonly writers: RowWriters
  private readonly admits: EventTest | undefined
  private readonly halfClosedKept: boolean
  private readonly nameOf: (id: ConnectionId) => string
  // Each client has its own writer, because a character may be split over two reads of the same client.
  private readonly streams = new Map<ConnectionId, RowWriter>()
  private listeners = 0
  // The bytes around the last row. Under load, many rows have the same time and client.
  private last: { readonly at: number; readonly id: ConnectionId; readonly frame: RowFrame } | undefined

  /**
   * `whole`: each frame is complete text (line framing), so no character continues in the next frame. `admits` tests
   * whether data is shown; by default all data is shown. `halfClosedKept`: half-closed clients stay connected, so each
   * half-close has a line. `nameOf` is the name of a client, empty by default.
   */
  constructor(
    options: TextOptions & {
      readonly halfClosedKept: boolean
      readonly nameOf?: ((id: ConnectionId) => string) | undefined
    },
  ) {
    this.data = options.data
    this.talk = new TalkRows(options.log ?? new MessageLog(), options.talk, options.stamps)
    this.stamps = options.stamps
    this.whole = options.whole
    this.writers = options.writers
    this.admits = options.admits
    this.halfClosedKept = options.halfClosedKept
    this.nameOf = options.nameOf ?? (() => "")
  }

  render(event: ServerEvent, page: Page): void {
    const isShown = this.admits === undefined || this.admits(event)
    switch (event._tag) {
      case "FrameReceived": {
        const writer = this.writerOf(event.id)
        if (isShown) writer.write(event.bytes, this.frameOf(event.at, event.id, page), page)
        else writer.pass(event.bytes)
        return
      }
      case "FrameSent":
        if (isShown) {
          this.writers.whole.write(event.bytes, this.sentFrame(event.at, event.to, page), page)
        }
        return
      case "ConnectionClosed": {
        const writer = this.streams.get(event.id)
        this.streams.delete(event.id)
        if (writer !== undefined) this.writeEnd(writer, event.at, event.id, page)
        break
      }
      case "EventsMissed":
        // The missed events may include the rest of a character, or the end of a client.
        for (const [id, writer] of this.streams) this.writeEnd(writer, event.at, id, page)
        this.streams.clear()
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
    const words = serverWords(event, this.listeners > 1)
    if (words === undefined) return
    const text = "id" in event ? words.replace(formatConnectionId(event.id), () => this.labelOf(event.id)) : words
    const advice = event._tag === "ConnectionRefused" ? tlsServerOptionsFor(event.rule) : ""
    const level = serverTone(event) === "problem" ? "warn" : "info"
    const fields = { event: event._tag, ...("id" in event && event.id !== undefined ? { id: event.id } : {}) }
    this.talk.write(page, level, event.at, `${text}${advice}`, fields)
  }

  /** Shows a line on standard error. */
  tell(text: string, at: number, page: Page): void {
    this.talk.write(page, "info", at, text, {})
  }

  private writeEnd(writer: RowWriter, at: number, id: ConnectionId, page: Page): void {
    if (writer.isHolding()) writer.writeEnd(this.frameOf(at, id, page), page)
  }

  /** The number of a client, and its name if it has one. */
  private labelOf(id: ConnectionId): string {
    const name = this.nameOf(id)
    return name === "" ? formatConnectionId(id) : `${formatConnectionId(id)} ${name}`
  }

  private tellDate(at: number, page: Page): void {
    const date = this.stamps.newDate(at, "out")
    if (date !== undefined) page.out(`${this.data.dim(date)}\n`)
  }

  private writerOf(id: ConnectionId): RowWriter {
    if (this.whole) return this.writers.whole
    const known = this.streams.get(id)
    if (known !== undefined) return known
    const writer = this.writers.ofStream()
    this.streams.set(id, writer)
    return writer
  }

  /** The bytes around the rows of a received frame. */
  private frameOf(at: number, id: ConnectionId, page: Page): RowFrame {
    if (this.last?.at !== at || this.last.id !== id || this.stamps.isRelative) {
      this.tellDate(at, page)
      const frame = this.stamps.frame(at, `${escapeControls(this.labelOf(id))} < `, this.data.received)
      this.last = { at, id, frame }
    }
    return this.last.frame
  }

  private sentFrame(at: number, to: ReadonlyArray<ConnectionId>, page: Page): RowFrame {
    this.tellDate(at, page)
    return this.stamps.frame(at, `${recipients(to)} > `, this.data.sent)
  }
}
