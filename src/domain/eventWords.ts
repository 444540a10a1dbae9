import { describeRefusal } from "./AccessRules.ts"
import type { ClientEvent } from "./ClientEvent.ts"
import { describeCloseReason } from "./CloseReason.ts"
import { formatConnectionId } from "./ConnectionId.ts"
import { formatEndpoint } from "./Endpoint.ts"
import type { ProxiedBy } from "./ProxyHeader.ts"
import { formatBytes, formatMillis } from "./quantities.ts"
import type { ServerEvent } from "./ServerEvent.ts"
import type { TlsSession } from "./Tls.ts"

/** A number of things: "1 frame", "2 frames". */
export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? "" : "s"}`

/** What to say when the peer ended TLS without close_notify. */
export const describeCut = (closeNotify: boolean | undefined): string =>
  closeNotify === false ? "; TLS ended without close_notify, so data may be missing" : ""

/** What TLS has agreed on, to stand behind an announcement; nothing where it is not spoken. */
export const describeTls = (tls: TlsSession | undefined): string => {
  if (tls === undefined) return ""
  const { alpn, cipher, peer, protocol } = tls
  return ` (${[protocol, cipher, ...(alpn === undefined ? [] : [alpn]), ...(peer === undefined ? [] : [peer.subject])].join(", ")})`
}

const viaOf = (proxied: ProxiedBy | undefined): string =>
  proxied === undefined ? "" : ` by way of ${formatEndpoint(proxied.by)}`

/** What is said of an event of a server; nothing of some. `hasSeveral`: with the listener of a connection, as there are several. */
export const serverWords = (event: ServerEvent, hasSeveral: boolean): string | undefined => {
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

/** What is said of an event of a client. */
export const clientWords = (
  event: Exclude<ClientEvent, { readonly _tag: "FrameReceived" | "FrameSent" | "ConnectFailed" }>,
): string => {
  switch (event._tag) {
    case "LookingUp":
      return `looking up ${event.host}`
    case "Connecting":
      return event.target === undefined
        ? `connecting to ${formatEndpoint(event.endpoint)}`
        : `connecting to ${formatEndpoint(event.target)} by way of ${formatEndpoint(event.endpoint)}`
    case "Connected":
      return `connected to ${formatEndpoint(event.remote)} from ${formatEndpoint(event.local)}${describeTls(event.tls)}`
    case "HalfClosed":
      return event.by === "peer"
        ? "the server sends no more (half-closed)"
        : "nothing more is sent (half-closed); the server's end is awaited"
    case "Closing":
      return "closing"
    case "Disconnected":
      return `disconnected: ${describeCloseReason(event.reason)}; ${formatBytes(event.bytesIn)} in, ${formatBytes(event.bytesOut)} out, after ${formatMillis(event.lifetimeMillis)}${describeCut(event.closeNotify)}`
    case "Reconnecting":
      return `${event.cause}; attempt ${event.attempt} follows in ${formatMillis(event.delayMillis)}`
    case "GaveUp":
      // The command ends with the cause as its error.
      return event.attempts === 0
        ? "gave up, as another attempt would fail in the same way"
        : `gave up after ${counted(event.attempts, "attempt")}`
    case "FramesDropped":
      return `${counted(event.missed, "frame")} dropped for want of room, ${event.total} in all`
    case "EventsMissed":
      return `${counted(event.missed, "event")} not shown: they came faster than they could be written`
  }
}
