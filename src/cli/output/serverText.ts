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
  TextView,
} from "../../domain/index.ts"
import { counted, describeCut, describeTls, formatTime, rowsOf, type Style } from "./format.ts"
import type { Page, Renderer } from "./Page.ts"

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
  private readonly whole: boolean
  private readonly halfClosedKept: boolean
  // One for each client: a character split over two reads belongs to the client that sent it.
  private readonly views = new Map<ConnectionId, TextView>()
  private listeners = 0

  /**
   * `whole`: frames end where characters end (line framing), so nothing is carried from one to the next.
   * `halfClosedKept`: a client that sends no more stays, which is worth a line of its own.
   */
  constructor(options: {
    readonly data: Style
    readonly talk: Style
    readonly whole: boolean
    readonly halfClosedKept: boolean
  }) {
    this.data = options.data
    this.talk = options.talk
    this.whole = options.whole
    this.halfClosedKept = options.halfClosedKept
  }

  render(event: ServerEvent, page: Page): void {
    switch (event._tag) {
      case "FrameReceived":
        this.received(event.at, event.id, rowsOf(event.bytes, this.showOf(event.id)), page)
        return
      case "FrameSent":
        this.sent(event.at, event.to, event.bytes, page)
        return
      case "ConnectionClosed": {
        const rest = this.views.get(event.id)?.end() ?? ""
        this.views.delete(event.id)
        if (rest !== "") this.received(event.at, event.id, [rest], page)
        break
      }
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
    if (text !== undefined) page.err(`${this.talk.dim(`${formatTime(event.at)} ${escapeControls(text)}`)}\n`)
  }

  private showOf(id: ConnectionId): (piece: Uint8Array) => string {
    if (this.whole) return wholeText
    const view = this.views.get(id) ?? new TextView()
    this.views.set(id, view)
    return (piece) => view.push(piece)
  }

  private received(at: number, id: ConnectionId, rows: ReadonlyArray<string>, page: Page): void {
    for (const row of rows) page.out(`${formatTime(at)} ${formatConnectionId(id)} < ${row}\n`)
  }

  private sent(at: number, to: ReadonlyArray<ConnectionId>, bytes: Uint8Array, page: Page): void {
    for (const row of rowsOf(bytes, wholeText)) {
      page.out(`${this.data.red(`${formatTime(at)} ${recipients(to)} > ${row}`)}\n`)
    }
  }
}

/** The text of bytes that stand for themselves. */
export const wholeText = (bytes: Uint8Array): string => {
  const view = new TextView()
  return view.push(bytes) + view.end()
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
