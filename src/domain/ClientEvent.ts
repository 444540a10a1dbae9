import * as Schema from "effect/Schema"
import { CloseReason } from "./CloseReason.ts"
import { connectFailures } from "./ConnectError.ts"
import { Endpoint } from "./Endpoint.ts"
import { EventsMissed } from "./ServerEvent.ts"
import { TlsSession } from "./Tls.ts"

const stamp = { seq: Schema.Int, at: Schema.Number }
const bytes = Schema.Uint8ArrayFromBase64

/** The addresses of a name are being asked for. Not sent for an address or a unix socket. */
export const LookingUp = Schema.TaggedStruct("LookingUp", { ...stamp, host: Schema.String })
/** One address is dialled. A name with several addresses gives several of these. */
export const Connecting = Schema.TaggedStruct("Connecting", {
  ...stamp,
  endpoint: Endpoint,
  /** The target, where the endpoint is that of a proxy. */
  target: Schema.optional(Endpoint),
})
/** The connection is there. */
export const Connected = Schema.TaggedStruct("Connected", {
  ...stamp,
  local: Endpoint,
  remote: Endpoint,
  /** What TLS has agreed on; none where it is not spoken. */
  tls: Schema.optional(TlsSession),
})
/** No connection could be made. `reason` and `code` are those of `ConnectError`, `cause` is its message. */
export const ConnectFailed = Schema.TaggedStruct("ConnectFailed", {
  ...stamp,
  endpoint: Endpoint,
  reason: Schema.Literal(...connectFailures),
  code: Schema.String,
  cause: Schema.String,
})
/** One direction ended with FIN: `peer` sends no more, or `local` sends no more. */
export const HalfClosed = Schema.TaggedStruct("HalfClosed", { ...stamp, by: Schema.Literal("peer", "local") })
/** What is left is flushed, then the connection ends. */
export const Closing = Schema.TaggedStruct("Closing", { ...stamp, pendingBytes: Schema.Number })
/** The connection has ended; the figures are totals over its life. */
export const Disconnected = Schema.TaggedStruct("Disconnected", {
  ...stamp,
  remote: Endpoint,
  reason: CloseReason,
  bytesIn: Schema.Number,
  bytesOut: Schema.Number,
  lifetimeMillis: Schema.Number,
  /**
   * Whether the server ended TLS with close_notify (RFC 8446, section 6.1). False: what it sent may be cut off. None
   * without TLS, or when the server did not end its side.
   */
  closeNotify: Schema.optional(Schema.Boolean),
})
/** The connection, or an attempt at it, failed; the next attempt follows after the delay. */
export const Reconnecting = Schema.TaggedStruct("Reconnecting", {
  ...stamp,
  attempt: Schema.Int,
  delayMillis: Schema.Number,
  cause: Schema.String,
})
/** Payloads for which a session had no room were dropped: now, and in all. */
export const ClientFramesDropped = Schema.TaggedStruct("FramesDropped", {
  ...stamp,
  missed: Schema.Int,
  total: Schema.Int,
})
/** No further attempt is made: `attempts` in a row have failed, or TLS failed in a way that no further attempt can mend. */
export const GaveUp = Schema.TaggedStruct("GaveUp", { ...stamp, attempts: Schema.Int, cause: Schema.String })
/** A whole frame came from the server. `bytes` is its payload. */
export const ClientFrameReceived = Schema.TaggedStruct("FrameReceived", { ...stamp, bytes })
/** A frame was handed over for sending. */
export const ClientFrameSent = Schema.TaggedStruct("FrameSent", { ...stamp, bytes })

/** Everything that a client tells, after the socket states unconnected, host lookup, connecting, connected, closing. */
export const ClientEvent = Schema.Union(
  LookingUp,
  Connecting,
  Connected,
  ConnectFailed,
  HalfClosed,
  Closing,
  Disconnected,
  Reconnecting,
  GaveUp,
  ClientFramesDropped,
  ClientFrameReceived,
  ClientFrameSent,
  EventsMissed,
)
export type ClientEvent = typeof ClientEvent.Type
