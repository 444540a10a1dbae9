import * as Schema from "effect/Schema"
import { RefusalRule } from "./AccessRules.ts"
import { CloseReason } from "./CloseReason.ts"
import { ConnectionId } from "./ConnectionId.ts"
import { Endpoint } from "./Endpoint.ts"
import { ProxiedBy } from "./ProxyHeader.ts"
import { TlsSession } from "./Tls.ts"

/** On every event: its number in the stream (1, 2, 3 …, never reused) and its time in milliseconds since the epoch. */
const stamp = { seq: Schema.Int, at: Schema.Number }
const connection = { ...stamp, id: ConnectionId }
const bytes = Schema.Uint8ArrayFromBase64

/** A listener accepts connections; the endpoint has the real port. */
export const Listening = Schema.TaggedStruct("Listening", { ...stamp, endpoint: Endpoint })
/** A listener is closed; connections that it accepted live on. */
export const ListenStopped = Schema.TaggedStruct("ListenStopped", { ...stamp, endpoint: Endpoint })
/** The system failed to hand over a connection (accept(2)); the listener goes on. */
export const AcceptFailed = Schema.TaggedStruct("AcceptFailed", { ...stamp, endpoint: Endpoint, code: Schema.String })
/** A connection came that may not come, or not now; it was closed at once and got no id. */
export const ConnectionRefused = Schema.TaggedStruct("ConnectionRefused", {
  ...stamp,
  remote: Endpoint,
  rule: RefusalRule,
})
/** A connection was accepted. The first event of its id. */
export const ConnectionOpened = Schema.TaggedStruct("ConnectionOpened", {
  ...connection,
  local: Endpoint,
  remote: Endpoint,
  /** What TLS has agreed on; none where it is not spoken. */
  tls: Schema.optional(TlsSession),
  /** Whose header named the remote; none where the peer has connected by itself. */
  proxied: Schema.optional(ProxiedBy),
})
/** A whole frame came from a peer. `bytes` is its payload. */
export const FrameReceived = Schema.TaggedStruct("FrameReceived", { ...connection, bytes })
/** A frame was handed over for sending: one event for one command, however many recipients it has. */
export const FrameSent = Schema.TaggedStruct("FrameSent", { ...stamp, to: Schema.Array(ConnectionId), bytes })
/** One direction ended with FIN: `peer` sends no more, or `local` sends no more. */
export const ConnectionHalfClosed = Schema.TaggedStruct("ConnectionHalfClosed", {
  ...connection,
  by: Schema.Literal("peer", "local"),
})
/** A peer takes bytes more slowly than they come: a quarter of its budget waits. Comes once until it recovers. */
export const ConnectionStalled = Schema.TaggedStruct("ConnectionStalled", {
  ...connection,
  pendingBytes: Schema.Number,
})
/** A peer that had stalled has taken everything. */
export const ConnectionRecovered = Schema.TaggedStruct("ConnectionRecovered", connection)
/** Frames were dropped for a peer that lags, oldest first: now, and in all since it came. */
export const FramesDropped = Schema.TaggedStruct("FramesDropped", {
  ...connection,
  missed: Schema.Int,
  total: Schema.Int,
})
/**
 * A peer sends faster than it may, by itself or all together (`by` names the setting): it is read more slowly. Comes
 * once until it keeps to its rate.
 */
export const ConnectionThrottled = Schema.TaggedStruct("ConnectionThrottled", {
  ...connection,
  by: Schema.Literal("maxRate", "maxRateInAll"),
  bytesPerSecond: Schema.Number,
})
/** A peer that was throttled has not been held back for a second. */
export const ConnectionUnthrottled = Schema.TaggedStruct("ConnectionUnthrottled", connection)
/** A connection has ended. The last event of its id; the figures are totals over its life. */
export const ConnectionClosed = Schema.TaggedStruct("ConnectionClosed", {
  ...connection,
  remote: Endpoint,
  reason: CloseReason,
  bytesIn: Schema.Number,
  /** Bytes that the system took over for sending; what the peer had not been sent when it ended is not counted. */
  bytesOut: Schema.Number,
  lifetimeMillis: Schema.Number,
  /**
   * Whether the peer ended TLS with close_notify (RFC 8446, section 6.1). False: what it sent may be cut off. None without
   * TLS, or when the peer did not end its side.
   */
  closeNotify: Schema.optional(Schema.Boolean),
})
/** The server stopped accepting and lets its connections come to an orderly end. */
export const DrainStarted = Schema.TaggedStruct("DrainStarted", {
  ...stamp,
  connections: Schema.Int,
  deadlineMillis: Schema.Number,
})
/** How far a drain has come: once a second, until it is done. */
export const DrainProgress = Schema.TaggedStruct("DrainProgress", {
  ...stamp,
  /** Connections that are still open. */
  remaining: Schema.Int,
  /** Bytes that their peers have not taken. */
  pendingBytes: Schema.Number,
})
/** No connection is left: how many ended in order, and how many were destroyed at the deadline. */
export const DrainFinished = Schema.TaggedStruct("DrainFinished", {
  ...stamp,
  graceful: Schema.Int,
  forced: Schema.Int,
})
/** This subscriber to the events lagged and missed some. Stands where they would have stood. */
export const EventsMissed = Schema.TaggedStruct("EventsMissed", { ...stamp, missed: Schema.Int })

/** Everything that a server tells. The same values are streamed by the library and written by `--output json`. */
export const ServerEvent = Schema.Union(
  Listening,
  ListenStopped,
  AcceptFailed,
  ConnectionRefused,
  ConnectionOpened,
  FrameReceived,
  FrameSent,
  ConnectionHalfClosed,
  ConnectionStalled,
  ConnectionRecovered,
  FramesDropped,
  ConnectionThrottled,
  ConnectionUnthrottled,
  ConnectionClosed,
  DrainStarted,
  DrainProgress,
  DrainFinished,
  EventsMissed,
)
export type ServerEvent = typeof ServerEvent.Type
