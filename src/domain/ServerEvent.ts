import * as Schema from "effect/Schema"
import { RefusalRule } from "./AccessRules.ts"
import { CloseReason } from "./CloseReason.ts"
import { ConnectionId } from "./ConnectionId.ts"
import { Endpoint } from "./Endpoint.ts"
import { skipCauses } from "./framings/contract.ts"
import { HubEvent } from "./HubEvent.ts"
import { ParseErrorText } from "./ParseErrorText.ts"
import { ProxiedBy } from "./ProxyHeader.ts"
import { TlsSession } from "./Tls.ts"

/** The fields of every event: its number (1, 2, 3 …, never reused) and its time in milliseconds since the epoch. */
const stamp = { seq: Schema.Int, at: Schema.Number }
const connection = { ...stamp, id: ConnectionId }
const bytes = Schema.Uint8ArrayFromBase64

/** A listener accepts connections. The endpoint has the actual port. */
export const Listening = Schema.TaggedStruct("Listening", { ...stamp, endpoint: Endpoint })
/** A listener is closed. The connections that it accepted stay open. */
export const ListenStopped = Schema.TaggedStruct("ListenStopped", { ...stamp, endpoint: Endpoint })
/** accept(2) failed. The listener stays open. */
export const AcceptFailed = Schema.TaggedStruct("AcceptFailed", { ...stamp, endpoint: Endpoint, code: Schema.String })
/** A connection was refused: an access rule or a limit forbids it. It is closed at once and gets no id. */
export const ConnectionRefused = Schema.TaggedStruct("ConnectionRefused", {
  ...stamp,
  remote: Endpoint,
  rule: RefusalRule,
})
/** A connection was accepted. This is the first event of its id. */
export const ConnectionOpened = Schema.TaggedStruct("ConnectionOpened", {
  ...connection,
  local: Endpoint,
  remote: Endpoint,
  /** The parameters of the TLS session. Absent without TLS. */
  tls: Schema.optional(TlsSession),
  /** The proxy whose header named `remote`. Absent if the client connected directly. */
  proxied: Schema.optional(ProxiedBy),
})
/** A client sent a frame. `bytes` is its payload. */
export const FrameReceived = Schema.TaggedStruct("FrameReceived", { ...connection, bytes })
/** The server queued a frame for sending to the clients `to`. A command emits one event for all its recipients. */
export const FrameSent = Schema.TaggedStruct("FrameSent", { ...stamp, to: Schema.Array(ConnectionId), bytes })
/** One direction ended with FIN. `by` is the side that sent it: the client (`peer`) or this server (`local`). */
export const ConnectionHalfClosed = Schema.TaggedStruct("ConnectionHalfClosed", {
  ...connection,
  by: Schema.Literal("peer", "local"),
})
/**
 * A client reads too slowly: its queued bytes have reached a quarter of its budget. The server emits no second event of
 * this kind before `ConnectionRecovered`.
 */
export const ConnectionStalled = Schema.TaggedStruct("ConnectionStalled", {
  ...connection,
  pendingBytes: Schema.Number,
})
/** A stalled client has caught up with the published frames. */
export const ConnectionRecovered = Schema.TaggedStruct("ConnectionRecovered", connection)
/** The hub dropped the oldest frames for a slow client: `missed` frames now, `total` since the client connected. */
export const FramesDropped = Schema.TaggedStruct("FramesDropped", {
  ...connection,
  missed: Schema.Int,
  total: Schema.Int,
})
/**
 * A client sent bytes that are not a valid frame. The framing skipped `skipped` bytes now, `total` since the client
 * connected, and continues with the next frame. `cause` is the reason for the first skipped bytes: their frame is
 * longer than the limit (`tooLong`), they are not a frame (`malformed`), or their frame was incomplete at a pause
 * that ends frames (`incomplete`). A read causes at most one of these events.
 */
export const BytesSkipped = Schema.TaggedStruct("BytesSkipped", {
  ...connection,
  skipped: Schema.Int,
  total: Schema.Int,
  cause: Schema.Literal(...skipCauses),
})
/**
 * A client sent a frame that the codec of the server's protocol cannot decode. `codec` is the name of the codec, and
 * `problem` says what is wrong. `frame` is the ordinal of the frame on its connection, from 1. `offset` is the number of
 * bytes that the client sent before the frame; it is absent if it is unknown. `parseError` is the error of the schema;
 * in JSON it is text. It is absent if the bytes are not in the format of the codec.
 */
export const MessageInvalid = Schema.TaggedStruct("MessageInvalid", {
  ...connection,
  codec: Schema.String,
  problem: Schema.String,
  frame: Schema.Int,
  offset: Schema.optional(Schema.Number),
  parseError: Schema.optional(ParseErrorText),
})
/**
 * The server reads a client more slowly, because the client or all clients together exceed a rate limit. `by` names the
 * setting. The server emits no second event of this kind before `ConnectionUnthrottled`.
 */
export const ConnectionThrottled = Schema.TaggedStruct("ConnectionThrottled", {
  ...connection,
  by: Schema.Literal("maxRate", "maxRateInAll"),
  bytesPerSecond: Schema.Number,
})
/** The server has not delayed the reads of a throttled client for 1 s. */
export const ConnectionUnthrottled = Schema.TaggedStruct("ConnectionUnthrottled", connection)
/**
 * A connection has ended. This is the last event of its id. The numbers of bytes and the lifetime are totals of the
 * connection.
 */
export const ConnectionClosed = Schema.TaggedStruct("ConnectionClosed", {
  ...connection,
  remote: Endpoint,
  reason: CloseReason,
  bytesIn: Schema.Number,
  /** The number of bytes that the kernel accepted for sending. Bytes that were still queued at the end do not count. */
  bytesOut: Schema.Number,
  lifetimeMillis: Schema.Number,
  /**
   * Whether the client ended TLS with close_notify (RFC 8446, section 6.1). `false`: the received data may be
   * truncated. Absent without TLS, or if the client did not end its direction.
   */
  closeNotify: Schema.optional(Schema.Boolean),
})
/** The server stopped accepting connections and drains the open ones. */
export const DrainStarted = Schema.TaggedStruct("DrainStarted", {
  ...stamp,
  connections: Schema.Int,
  deadlineMillis: Schema.Number,
})
/** The progress of a drain, once a second until its end. */
export const DrainProgress = Schema.TaggedStruct("DrainProgress", {
  ...stamp,
  /** The number of open connections. */
  remaining: Schema.Int,
  /** The number of bytes that are still queued for the clients. */
  pendingBytes: Schema.Number,
})
/**
 * All connections have ended: `graceful` connections in an orderly way, `forced` connections by a reset at the
 * deadline.
 */
export const DrainFinished = Schema.TaggedStruct("DrainFinished", {
  ...stamp,
  graceful: Schema.Int,
  forced: Schema.Int,
})
/**
 * A worker process of a server with several processes accepts connections. `restarts`: how many processes of this worker
 * have ended before.
 */
export const WorkerStarted = Schema.TaggedStruct("WorkerStarted", {
  ...stamp,
  worker: Schema.Int,
  pid: Schema.Int,
  restarts: Schema.Int,
})
/**
 * A worker process has ended, and the server replaces it. `connections` of its connections have ended with `WorkerDied`.
 * `cause`: the signal or the exit code of the process, or what went wrong.
 */
export const WorkerEnded = Schema.TaggedStruct("WorkerEnded", {
  ...stamp,
  worker: Schema.Int,
  pid: Schema.Int,
  cause: Schema.String,
  connections: Schema.Int,
})
/** The subscriber lagged, and the bus dropped `missed` events. This event replaces them in the stream. */
export const EventsMissed = Schema.TaggedStruct("EventsMissed", { ...stamp, missed: Schema.Int })

/** The events of a server. The library streams the same values that `--output json` writes. */
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
  BytesSkipped,
  MessageInvalid,
  ConnectionThrottled,
  ConnectionUnthrottled,
  ConnectionClosed,
  DrainStarted,
  DrainProgress,
  DrainFinished,
  WorkerStarted,
  WorkerEnded,
  EventsMissed,
  // The events of a hub that several nodes share. A hub in memory emits none.
  ...HubEvent.members,
)
export type ServerEvent = typeof ServerEvent.Type
