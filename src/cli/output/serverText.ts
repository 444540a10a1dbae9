import {
  type ConnectionId,
  describeCloseReason,
  describeRefusal,
  escapeControls,
  formatBytes,
  formatConnectionId,
  formatEndpoint,
  formatMillis,
  type ProxiedBy,
  type ServerEvent,
} from "../../domain/index.ts"
import { type LineShower, TextShower, wholeShower } from "../../domain/TextShower.ts"
import { counted, describeCut, describeTls, type Style } from "./format.ts"
import type { Page, Renderer } from "./Page.ts"
import { type RowFrame, rowFrame, writeRest, writeRows } from "./rows.ts"
import type { Stamps } from "./Stamps.ts"

const maxNamed = 4

const recipients = (to: ReadonlyArray<ConnectionId>): string =>
  to.length === 0
    ? "nobody"
    : to.length <= maxNamed
      ? to.map(formatConnectionId).join(",")
      : `${to.slice(0, maxNamed).map(formatConnectionId).join(",")} and ${to.length - maxNamed} more`

/** One line for each thing that happens: frames to standard output, announcements to standard error. */
export class ServerText implements Renderer<ServerEvent> {
  private readonly data: Style
  private readonly talk: Style
  private readonly stamps: Stamps
  private readonly whole: boolean
  private readonly halfClosedKept: boolean
  // One for each client: a character split over two reads belongs to the client that sent it.
  private readonly showers = new Map<ConnectionId, TextShower>()
  private listeners = 0
  // Of the last row: under load many rows have the same time and come from the same client.
  private last: { readonly at: number; readonly id: ConnectionId; readonly frame: RowFrame } | undefined

  /**
   * `whole`: frames end where characters end (line framing), so nothing is carried from one to the next.
   * `halfClosedKept`: a client that sends no more stays, which is worth a line of its own.
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
        // What follows may not complete what a client has begun, and the end of a client may be among what was missed.
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
    const text = announce(event, this.listeners > 1)
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

  /** The frame of a row that is written next. */
  private frameOf(at: number, id: ConnectionId, page: Page): RowFrame {
    if (this.last?.at !== at || this.last.id !== id) {
      this.tellDate(at, page)
      this.last = { at, id, frame: rowFrame(`${this.stamps.of(at)}${formatConnectionId(id)} < `) }
    }
    return this.last.frame
  }
}

const viaOf = (proxied: ProxiedBy | undefined): string =>
  proxied === undefined ? "" : ` by way of ${formatEndpoint(proxied.by)}`

/** What is said of an event; where a connection came in, if there are several ways. */
const announce = (event: ServerEvent, hasSeveral: boolean): string | undefined => {
  switch (event._tag) {
    case "ConnectionOpened": {
      const way = hasSeveral ? ` to ${formatEndpoint(event.local)}` : ""
      return `${formatConnectionId(event.id)} connected from ${formatEndpoint(event.remote)}${way}${viaOf(event.proxied)}${describeTls(event.tls)}`
    }
    case "ConnectionClosed": {
      const figures = `${formatBytes(event.bytesIn)} in, ${formatBytes(event.bytesOut)} out, after ${formatMillis(event.lifetimeMillis)}${describeCut(event.closeNotify)}`
      return `${formatConnectionId(event.id)} closed: ${describeCloseReason(event.reason)}; ${figures}; ${formatEndpoint(event.remote)}`
    }
    case "ConnectionHalfClosed":
      return event.by === "peer"
        ? `${formatConnectionId(event.id)} sends no more (half-closed)`
        : `${formatConnectionId(event.id)} is sent no more (half-closed)`
    case "ConnectionStalled":
      return `${formatConnectionId(event.id)} reads too slowly, ${formatBytes(event.pendingBytes)} wait for it`
    case "ConnectionRecovered":
      return `${formatConnectionId(event.id)} has caught up`
    case "FramesDropped":
      return `${formatConnectionId(event.id)} missed ${counted(event.missed, "frame")}, ${event.total} in all`
    case "ConnectionThrottled": {
      const who = event.by === "maxRate" ? "it sends" : "all together send"
      return `${formatConnectionId(event.id)} is read more slowly: ${who} more than ${formatBytes(event.bytesPerSecond)} a second`
    }
    case "ConnectionUnthrottled":
      return `${formatConnectionId(event.id)} keeps to its rate again`
    case "ConnectionRefused":
      return `${formatEndpoint(event.remote)} refused: ${describeRefusal(event.rule)}`
    case "AcceptFailed":
      return `a connection could not be accepted (${event.code})`
    case "ListenStopped":
      return `stopped listening on ${formatEndpoint(event.endpoint)}`
    case "DrainStarted":
      return event.connections === 0
        ? undefined
        : `draining ${counted(event.connections, "connection")} for up to ${formatMillis(event.deadlineMillis)}; again to end now`
    case "DrainProgress":
      return `draining: ${counted(event.remaining, "connection")} left, ${formatBytes(event.pendingBytes)} not taken yet`
    case "DrainFinished":
      return event.forced === 0 ? undefined : `${event.graceful} ended in order, ${event.forced} by force`
    case "EventsMissed":
      return `${counted(event.missed, "event")} not shown: they came faster than they could be written`
    case "Listening":
    case "FrameReceived":
    case "FrameSent":
      return undefined
  }
}
