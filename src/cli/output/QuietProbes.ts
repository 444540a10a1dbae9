import { counted } from "../../domain/counted.ts"
import { type ConnectionId, formatMillis, type ServerEvent } from "../../domain/index.ts"
import { noHello } from "../../domain/noHello.ts"
import type { Page, Renderer } from "./Page.ts"

/** A probe is shorter than this, milliseconds. A connection that lasts longer is shown, however silent it is. */
export const longestProbe = 5000

/** The time between two lines with the number of probes, milliseconds. */
const between = 60_000

/** A renderer of rows that can show a line of its own. */
export interface RowRenderer extends Renderer<ServerEvent> {
  readonly tell: (text: string, at: number, page: Page) => void
}

interface Held {
  readonly opened: Extract<ServerEvent, { readonly _tag: "ConnectionOpened" }>
  halfClosed: ServerEvent | undefined
}

/**
 * Leaves the probes of health checks out of the rows: connections that the client, or a drain, ends within
 * {@link longestProbe} without a byte in either direction, and with TLS, connections that end before the client has sent a
 * byte. The rows of each other connection follow with its first data, at its end, or with the first event after
 * {@link longestProbe}. A line at most once a minute, and one at the end, have the number of probes, so no probe is lost
 * silently.
 */
export class QuietProbes implements Renderer<ServerEvent> {
  private readonly rows: RowRenderer
  private readonly showsTraffic: boolean
  // In the order of their opening.
  private readonly held = new Map<ConnectionId, Held>()
  private probes = 0
  private told = 0
  /** When the last line was shown, or when the first probe after it came. */
  private since: number | undefined

  /** `showsTraffic`: whether frames have rows. If not, they still show that a connection is no probe. */
  constructor(rows: RowRenderer, showsTraffic: boolean) {
    this.rows = rows
    this.showsTraffic = showsTraffic
  }

  render(event: ServerEvent, page: Page): void {
    if (this.held.size > 0) this.release(event, page)
    switch (event._tag) {
      case "ConnectionOpened":
        this.held.set(event.id, { opened: event, halfClosed: undefined })
        return
      case "ConnectionHalfClosed": {
        const held = this.held.get(event.id)
        if (held === undefined) break
        held.halfClosed = event
        return
      }
      case "ConnectionClosed":
        if (!this.held.delete(event.id)) break
        this.countProbe(event.at, page)
        return
      case "ConnectionRefused":
        if (event.rule._tag !== "HandshakeFailed" || event.rule.code !== noHello) break
        this.countProbe(event.at, page)
        return
      case "FrameReceived":
      case "FrameSent":
        if (!this.showsTraffic) return
        break
      case "DrainFinished":
        this.tellProbes(event.at, page)
        break
      default:
        break
    }
    this.rows.render(event, page)
  }

  /** Shows the held rows that an event proves not to be those of a probe. */
  private release(event: ServerEvent, page: Page): void {
    for (const [id, { opened }] of this.held) {
      if (event.at - opened.at < longestProbe) break
      this.show(id, page)
    }
    switch (event._tag) {
      case "ConnectionOpened":
      case "ConnectionHalfClosed":
        return
      case "ConnectionClosed":
        if (!isProbe(event)) this.show(event.id, page)
        return
      case "FrameSent":
        for (const id of event.to) this.show(id, page)
        return
      case "EventsMissed":
        for (const id of [...this.held.keys()]) this.show(id, page)
        return
      default:
        if ("id" in event) this.show(event.id, page)
    }
  }

  private show(id: ConnectionId, page: Page): void {
    const held = this.held.get(id)
    if (held === undefined) return
    this.held.delete(id)
    this.rows.render(held.opened, page)
    if (held.halfClosed !== undefined) this.rows.render(held.halfClosed, page)
  }

  private countProbe(at: number, page: Page): void {
    this.probes++
    this.since ??= at
    if (at - this.since >= between) this.tellProbes(at, page)
  }

  private tellProbes(at: number, page: Page): void {
    const { probes, since = at, told } = this
    this.since = undefined
    if (probes === told) return
    this.told = probes
    const before = told === 0 ? "" : `, ${probes} in total`
    const recent = `${counted(probes - told, "connection")} in ${formatMillis(at - since)} carried no data`
    this.rows.tell(`${recent}${before} (--quiet-probes)`, at, page)
  }
}

const isProbe = (event: Extract<ServerEvent, { readonly _tag: "ConnectionClosed" }>): boolean => {
  const { bytesIn, bytesOut, lifetimeMillis, reason } = event
  const isOrdinary = reason._tag === "PeerClosed" || reason._tag === "PeerReset" || reason._tag === "Drained"
  return isOrdinary && bytesIn === 0 && bytesOut === 0 && lifetimeMillis < longestProbe
}
