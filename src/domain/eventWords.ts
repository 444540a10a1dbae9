import { describeRefusal } from "./AccessRules.ts"
import type { ClientEvent } from "./ClientEvent.ts"
import { describeCloseReason } from "./CloseReason.ts"
import { formatConnectionId } from "./ConnectionId.ts"
import { counted } from "./counted.ts"
import { formatEndpoint } from "./Endpoint.ts"
import { describePlace, type FramePlace } from "./framePlace.ts"
import type { SkipCause } from "./framings/contract.ts"
import { hubWords } from "./hubWords.ts"
import type { ProxiedBy } from "./ProxyHeader.ts"
import { formatBytes, formatMillis } from "./quantities.ts"
import type { ServerEvent } from "./ServerEvent.ts"
import type { TlsSession } from "./Tls.ts"

/** Returns a warning if the peer ended TLS without close_notify, else an empty text. */
export const describeCut = (closeNotify: boolean | undefined): string =>
  closeNotify === false ? "; TLS ended without close_notify, so data may be missing" : ""

/** Describes a TLS session in a text that follows an announcement. Returns an empty text without TLS. */
export const describeTls = (tls: TlsSession | undefined): string => {
  if (tls === undefined) return ""
  const { alpn, cipher, peer, protocol } = tls
  return ` (${[protocol, cipher, ...(alpn === undefined ? [] : [alpn]), ...(peer === undefined ? [] : [peer.subject])].join(", ")})`
}

const viaOf = (proxied: ProxiedBy | undefined): string =>
  proxied === undefined ? "" : ` by way of ${formatEndpoint(proxied.by)}`

const skipWords: Readonly<Record<SkipCause, string>> = {
  tooLong: "a frame longer than the limit",
  malformed: "a malformed frame",
  incomplete: "an incomplete frame",
}

const describeSkipped = ({ cause, skipped, total }: { cause: SkipCause; skipped: number; total: number }): string =>
  `${skipWords[cause]}; ${counted(skipped, "byte")} skipped, ${total} in total`

const describeInvalid = (event: FramePlace & { readonly codec: string; readonly problem: string }): string =>
  `a message that ${event.codec} cannot decode (${describePlace(event)}): ${event.problem}`

/**
 * Describes an event of a server, or returns `undefined` for events that have no announcement. `hasSeveral`: the server
 * has several listeners, so the text names the listener of a new connection.
 */
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
        ? `${formatConnectionId(event.id)} sent FIN (half-closed)`
        : `${formatConnectionId(event.id)} got FIN from this side (half-closed)`
    case "ConnectionStalled":
      return `${formatConnectionId(event.id)} reads too slowly: ${formatBytes(event.pendingBytes)} are queued for it`
    case "ConnectionRecovered":
      return `${formatConnectionId(event.id)} has caught up`
    case "FramesDropped":
      return `${formatConnectionId(event.id)} missed ${counted(event.missed, "frame")}, ${event.total} in total`
    case "BytesSkipped":
      return `${formatConnectionId(event.id)} sent ${describeSkipped(event)}`
    case "MessageInvalid":
      return `${formatConnectionId(event.id)} sent ${describeInvalid(event)}`
    case "ConnectionThrottled": {
      const sender = event.by === "maxRate" ? "it sends" : "all clients together send"
      return `${formatConnectionId(event.id)} is throttled: ${sender} more than ${formatBytes(event.bytesPerSecond)} a second`
    }
    case "ConnectionUnthrottled":
      return `${formatConnectionId(event.id)} is no longer throttled`
    case "ConnectionRefused":
      return `${formatEndpoint(event.remote)} refused: ${describeRefusal(event.rule)}`
    case "AcceptFailed":
      return `a connection could not be accepted (${event.code})`
    case "ListenStopped":
      return `stopped listening on ${formatEndpoint(event.endpoint)}`
    case "DrainStarted":
      return event.connections === 0
        ? undefined
        : `draining ${counted(event.connections, "connection")} for up to ${formatMillis(event.deadlineMillis)}; a second signal ends at once`
    case "DrainProgress":
      return `draining: ${counted(event.remaining, "connection")} left, ${formatBytes(event.pendingBytes)} not yet sent`
    case "DrainFinished":
      return event.forced === 0 ? undefined : `${event.graceful} closed gracefully, ${event.forced} reset`
    case "EventsMissed":
      return `${counted(event.missed, "event")} not shown: they came faster than they could be written`
    case "WorkerStarted":
      return event.restarts === 0 ? undefined : `worker ${event.worker} runs again, as process ${event.pid}`
    case "WorkerEnded":
      return `worker ${event.worker} ended (${event.cause}) with ${counted(event.connections, "connection")}; it is replaced`
    case "HubAttached":
    case "HubDetached":
    case "HubRefused":
    case "HubStalled":
    case "HubRecovered":
    case "HubOverflowed":
    case "HubMissed":
    case "HubHistoryOn":
    case "HubHistoryOff":
    case "NodeJoined":
    case "NodeLeft":
    case "NodeMismatched":
      return hubWords(event)
    case "Listening":
    case "FrameReceived":
    case "FrameSent":
      return undefined
  }
}

/** Describes an event of a client. */
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
        ? "the server sent FIN (half-closed)"
        : "sent FIN (half-closed); waiting for the server's FIN"
    case "Closing":
      return "closing"
    case "Disconnected":
      return `disconnected: ${describeCloseReason(event.reason)}; ${formatBytes(event.bytesIn)} in, ${formatBytes(event.bytesOut)} out, after ${formatMillis(event.lifetimeMillis)}${describeCut(event.closeNotify)}`
    case "Reconnecting":
      return `${event.cause}; attempt ${event.attempt} follows in ${formatMillis(event.delayMillis)}`
    case "GaveUp":
      // The message omits the cause, because the command ends with the cause as its error.
      return event.attempts === 0
        ? "gave up, because another attempt would fail in the same way"
        : `gave up after ${counted(event.attempts, "attempt")}`
    case "FramesDropped":
      return `${counted(event.missed, "frame")} dropped, because the outbox was full; ${event.total} in total`
    case "BytesSkipped":
      return `the server sent ${describeSkipped(event)}`
    case "MessageInvalid":
      return `the server sent ${describeInvalid(event)}`
    case "EventsMissed":
      return `${counted(event.missed, "event")} not shown: they came faster than they could be written`
  }
}
