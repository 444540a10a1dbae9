import { clientTone, serverTone } from "../../domain/eventTone.ts"
import { clientWords, serverWords } from "../../domain/eventWords.ts"
import {
  type ClientEvent,
  type CloseReason,
  describeCloseReason,
  type Endpoint,
  type ServerEvent,
} from "../../domain/index.ts"
import type { MessageLog } from "../process/MessageLog.ts"
import type { EndedSpan, Telemetry } from "./otlp.ts"

/** The attributes of a peer, with the names of OpenTelemetry. */
const attributesOf = (peer: Endpoint): Readonly<Record<string, string | number>> =>
  peer._tag === "Unix"
    ? { "network.transport": "unix", "network.peer.address": peer.path }
    : { "network.transport": "tcp", "network.peer.address": peer.host, "network.peer.port": peer.port }

interface EndedConnection {
  readonly at: number
  readonly remote: Endpoint
  readonly reason: CloseReason
  readonly bytesIn: number
  readonly bytesOut: number
  readonly lifetimeMillis: number
}

/** The span of a connection that has ended. */
const connectionSpan = (
  { at, bytesIn, bytesOut, lifetimeMillis, reason, remote }: EndedConnection,
  kind: EndedSpan["kind"],
  isProblem: boolean,
  more: EndedSpan["attributes"] = {},
): EndedSpan => ({
  name: "tcpfx.connection",
  kind,
  start: at - lifetimeMillis,
  end: at,
  attributes: {
    ...more,
    ...attributesOf(remote),
    "tcpfx.bytes_in": bytesIn,
    "tcpfx.bytes_out": bytesOut,
    "tcpfx.close_reason": reason._tag,
  },
  error: isProblem ? describeCloseReason(reason) : undefined,
})

/** Passes the events of a server on: each as a message, and each end of a connection as a span. */
export const serverTelemetry =
  ({ log, span }: Telemetry, messages: MessageLog) =>
  (event: ServerEvent): void => {
    const isProblem = serverTone(event) === "problem"
    if (span !== undefined && event._tag === "ConnectionClosed") {
      span(connectionSpan(event, "server", isProblem, { "tcpfx.connection": event.id }))
    }
    const level = isProblem ? "warn" : "info"
    if (log === undefined || !messages.shows(level)) return
    const message = serverWords(event, true)
    if (message === undefined) return
    const id = "id" in event && event.id !== undefined ? { "tcpfx.connection": event.id } : {}
    log({ at: event.at, level, message, attributes: { "event.name": event._tag, ...id } })
  }

/** Passes the events of a client on, as {@link serverTelemetry} does. An attempt that failed is a span too. */
export const clientTelemetry = ({ log, span }: Telemetry, messages: MessageLog): ((event: ClientEvent) => void) => {
  let began: number | undefined
  const spanOf = (event: ClientEvent, isProblem: boolean): EndedSpan | undefined => {
    switch (event._tag) {
      case "LookingUp":
      case "Connecting":
        began ??= event.at
        return undefined
      case "Connected":
        began = undefined
        return undefined
      case "Disconnected":
        return connectionSpan(event, "client", isProblem)
      case "ConnectFailed": {
        const start = began ?? event.at
        began = undefined
        const attributes = { ...attributesOf(event.endpoint), "error.type": event.code }
        return { name: "tcpfx.connect", kind: "client", start, end: event.at, attributes, error: event.cause }
      }
      default:
        return undefined
    }
  }
  return (event) => {
    const isProblem = clientTone(event) === "problem"
    if (span !== undefined) {
      const ended = spanOf(event, isProblem)
      if (ended !== undefined) span(ended)
    }
    const level = isProblem ? "warn" : "info"
    if (log === undefined || !messages.shows(level) || event._tag === "FrameReceived" || event._tag === "FrameSent")
      return
    const message = event._tag === "ConnectFailed" ? event.cause : clientWords(event)
    log({ at: event.at, level, message, attributes: { "event.name": event._tag } })
  }
}
