import * as Schema from "effect/Schema"
import { CloseReason } from "./CloseReason.ts"
import { connectFailures } from "./ConnectError.ts"
import { Endpoint } from "./Endpoint.ts"
import { skipCauses } from "./framings/contract.ts"
import { ParseErrorText } from "./ParseErrorText.ts"
import { EventsMissed } from "./ServerEvent.ts"
import { TlsSession } from "./Tls.ts"

const stamp = { seq: Schema.Int, at: Schema.Number }
const bytes = Schema.Uint8ArrayFromBase64

/** The client looks up the addresses of a name. For an IP address or a unix socket, the client emits no such event. */
export const LookingUp = Schema.TaggedStruct("LookingUp", { ...stamp, host: Schema.String })
/** The client dials one address. A name with several addresses can have several of these events. */
export const Connecting = Schema.TaggedStruct("Connecting", {
  ...stamp,
  endpoint: Endpoint,
  /** The target, if `endpoint` is a proxy. */
  target: Schema.optional(Endpoint),
})
/** The connection is open. */
export const Connected = Schema.TaggedStruct("Connected", {
  ...stamp,
  local: Endpoint,
  remote: Endpoint,
  /** The parameters of the TLS session. Absent without TLS. */
  tls: Schema.optional(TlsSession),
})
/** The client could not connect. `reason` and `code` come from the `ConnectError`, and `cause` is its message. */
export const ConnectFailed = Schema.TaggedStruct("ConnectFailed", {
  ...stamp,
  endpoint: Endpoint,
  reason: Schema.Literal(...connectFailures),
  code: Schema.String,
  cause: Schema.String,
})
/** One direction ended with FIN. `by` is the side that sent it: the server (`peer`) or this client (`local`). */
export const HalfClosed = Schema.TaggedStruct("HalfClosed", { ...stamp, by: Schema.Literal("peer", "local") })
/** The client is closing the connection. It flushes the `pendingBytes` queued bytes first. */
export const Closing = Schema.TaggedStruct("Closing", { ...stamp, pendingBytes: Schema.Number })
/** The connection has ended. The numbers of bytes and the lifetime are totals of the connection. */
export const Disconnected = Schema.TaggedStruct("Disconnected", {
  ...stamp,
  remote: Endpoint,
  reason: CloseReason,
  bytesIn: Schema.Number,
  bytesOut: Schema.Number,
  lifetimeMillis: Schema.Number,
  /**
   * Whether the server ended TLS with close_notify (RFC 8446, section 6.1). `false`: the received data may be
   * truncated. Absent without TLS, or if the server did not end its direction.
   */
  closeNotify: Schema.optional(Schema.Boolean),
})
/** The connection was lost or an attempt failed. Attempt number `attempt` follows after `delayMillis`. */
export const Reconnecting = Schema.TaggedStruct("Reconnecting", {
  ...stamp,
  attempt: Schema.Int,
  delayMillis: Schema.Number,
  cause: Schema.String,
})
/**
 * A session dropped payloads, because its outbox was full: `missed` payloads now, `total` since the session started.
 */
export const ClientFramesDropped = Schema.TaggedStruct("FramesDropped", {
  ...stamp,
  missed: Schema.Int,
  total: Schema.Int,
})
/**
 * The server sent bytes that are not a valid frame. The fields have the same meaning as in the server's `BytesSkipped`.
 */
export const ClientBytesSkipped = Schema.TaggedStruct("BytesSkipped", {
  ...stamp,
  skipped: Schema.Int,
  total: Schema.Int,
  cause: Schema.Literal(...skipCauses),
})
/**
 * The server sent a frame that the codec of the client's protocol cannot decode. The fields have the same meaning as in
 * the server's `MessageInvalid`.
 */
export const ClientMessageInvalid = Schema.TaggedStruct("MessageInvalid", {
  ...stamp,
  codec: Schema.String,
  problem: Schema.String,
  frame: Schema.Int,
  offset: Schema.optional(Schema.Number),
  parseError: Schema.optional(ParseErrorText),
})
/**
 * The client stops reconnecting: `attempts` attempts in a row failed. 0: TLS failed in a way that a retry cannot fix.
 */
export const GaveUp = Schema.TaggedStruct("GaveUp", { ...stamp, attempts: Schema.Int, cause: Schema.String })
/** The server sent a frame. `bytes` is its payload. */
export const ClientFrameReceived = Schema.TaggedStruct("FrameReceived", { ...stamp, bytes })
/** The client queued a frame for sending. `bytes` is its payload. */
export const ClientFrameSent = Schema.TaggedStruct("FrameSent", { ...stamp, bytes })

/**
 * The events of a client. They report the transitions between the socket states unconnected, host lookup, connecting,
 * connected and closing.
 */
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
  ClientBytesSkipped,
  ClientMessageInvalid,
  ClientFrameReceived,
  ClientFrameSent,
  EventsMissed,
)
export type ClientEvent = typeof ClientEvent.Type
