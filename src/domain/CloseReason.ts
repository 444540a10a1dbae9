import * as Schema from "effect/Schema"
import { escapeControls } from "./escapes.ts"
import { Failure } from "./Failure.ts"
import { describePlace } from "./framePlace.ts"
import { formatMillis } from "./quantities.ts"
import { describeTlsFailure, isTlsCode } from "./tlsFailures.ts"

/** The peer sent FIN, and this side had sent everything. */
const PeerClosed = Schema.TaggedStruct("PeerClosed", {})
/** The peer reset the connection (RST): it aborted, or it closed with unread data. */
const PeerReset = Schema.TaggedStruct("PeerReset", {})
/** The peer stopped acknowledging, and the kernel aborted the connection (ETIMEDOUT, EHOSTUNREACH). */
const PeerVanished = Schema.TaggedStruct("PeerVanished", { code: Schema.String })
/** This side closed the connection: its handler ended, or its owner closed it. */
const LocalClosed = Schema.TaggedStruct("LocalClosed", {})
/** A command closed the connection. */
const Kicked = Schema.TaggedStruct("Kicked", {})
/** A new connection of the peer's address took the place of this one (`displace`). */
const Displaced = Schema.TaggedStruct("Displaced", {})
/** The peer sent nothing for `timeoutMillis`. */
const IdleTimeout = Schema.TaggedStruct("IdleTimeout", { timeoutMillis: Schema.Number })
/** The peer did not send a complete first frame within `timeoutMillis`. */
const FirstFrameTimeout = Schema.TaggedStruct("FirstFrameTimeout", { timeoutMillis: Schema.Number })
/** The peer sent nothing for `timeoutMillis` after a heartbeat. */
const HeartbeatLost = Schema.TaggedStruct("HeartbeatLost", { timeoutMillis: Schema.Number })
/** The peer accepted none of its `pendingBytes` queued bytes for `timeoutMillis`. */
const WriteTimeout = Schema.TaggedStruct("WriteTimeout", {
  pendingBytes: Schema.Number,
  timeoutMillis: Schema.Number,
})
/** The peer read so slowly that its queued bytes exceeded the budget. */
const SlowConsumer = Schema.TaggedStruct("SlowConsumer", { pendingBytes: Schema.Number, budgetBytes: Schema.Number })
/**
 * The queued bytes of all peers together exceeded the limit, and this peer had more queued bytes than any other peer.
 */
const PendingLimit = Schema.TaggedStruct("PendingLimit", {
  pendingBytes: Schema.Number,
  totalBytes: Schema.Number,
  limitBytes: Schema.Number,
})
/**
 * The peer sent a frame longer than the limit. `offset` is the number of bytes that the peer sent before the frame. It
 * is absent with the framing `line`.
 */
const FrameTooLong = Schema.TaggedStruct("FrameTooLong", {
  limitBytes: Schema.Number,
  offset: Schema.optional(Schema.Number),
})
/**
 * The peer sent bytes that are not a valid frame, and the framing cannot find the next frame. `offset` has the same
 * meaning as in `FrameTooLong`.
 */
const FrameInvalid = Schema.TaggedStruct("FrameInvalid", { problem: Schema.String, offset: Schema.Number })
/**
 * The peer sent FIN in the middle of a frame, and the framing cannot complete the frame. `bytes` is the number of
 * received bytes of this frame. The payloads before the frame are still delivered.
 */
const FrameTruncated = Schema.TaggedStruct("FrameTruncated", { bytes: Schema.Number })
/**
 * The peer sent a frame that the codec of its protocol cannot decode. `frame` is its ordinal, from 1. `offset` is the
 * number of bytes that the peer sent before the frame; it is absent if it is unknown.
 */
const MessageInvalid = Schema.TaggedStruct("MessageInvalid", {
  codec: Schema.String,
  problem: Schema.String,
  frame: Schema.Number,
  offset: Schema.optional(Schema.Number),
})
/** The connection's handler failed, died or was interrupted. */
const HandlerFailed = Schema.TaggedStruct("HandlerFailed", Failure.fields)
/** The framing threw an error when it decoded the received bytes. */
const FramingFailed = Schema.TaggedStruct("FramingFailed", Failure.fields)
/** The server drained: it flushed everything, and the peer closed its side too. */
const Drained = Schema.TaggedStruct("Drained", {})
/** The deadline of a drain or a close passed before the peer accepted all queued bytes and closed its side. */
const DrainDeadline = Schema.TaggedStruct("DrainDeadline", { pendingBytes: Schema.Number })
/** The worker process that served the connection has ended. `cause`: its signal or exit code, or what went wrong. */
const WorkerDied = Schema.TaggedStruct("WorkerDied", { worker: Schema.Number, cause: Schema.String })
/** The kernel or TLS reported another failure. */
const TransportFailed = Schema.TaggedStruct("TransportFailed", { code: Schema.String })

/** The reason why a connection ended. Each connection ends with exactly one reason. */
export const CloseReason = Schema.Union(
  PeerClosed,
  PeerReset,
  PeerVanished,
  LocalClosed,
  Kicked,
  Displaced,
  IdleTimeout,
  FirstFrameTimeout,
  HeartbeatLost,
  WriteTimeout,
  SlowConsumer,
  PendingLimit,
  FrameTooLong,
  FrameInvalid,
  FrameTruncated,
  MessageInvalid,
  HandlerFailed,
  FramingFailed,
  Drained,
  DrainDeadline,
  WorkerDied,
  TransportFailed,
)
export type CloseReason = typeof CloseReason.Type

/** The reasons that have no fields. */
export const closeReasons = {
  peerClosed: { _tag: "PeerClosed" },
  peerReset: { _tag: "PeerReset" },
  localClosed: { _tag: "LocalClosed" },
  kicked: { _tag: "Kicked" },
  displaced: { _tag: "Displaced" },
  drained: { _tag: "Drained" },
} as const satisfies Record<string, CloseReason>

/**
 * Describes a reason in words that follow "closed: ".
 *
 * @example
 * import { describeCloseReason } from "tcpfx/domain"
 *
 * assert.equal(describeCloseReason({ _tag: "FrameTooLong", limitBytes: 1024 }), "it sent a frame above 1024 bytes")
 */
export const describeCloseReason = (reason: CloseReason): string => {
  switch (reason._tag) {
    case "PeerClosed":
      return "by the peer"
    case "PeerReset":
      return "reset by the peer"
    case "PeerVanished":
      return `the peer vanished (${reason.code})`
    case "LocalClosed":
      return "by this side"
    case "Kicked":
      return "kicked"
    case "Displaced":
      return "displaced by a new connection of its address"
    case "IdleTimeout":
      return `it sent nothing for ${formatMillis(reason.timeoutMillis)}`
    case "FirstFrameTimeout":
      return `it sent no whole frame within ${formatMillis(reason.timeoutMillis)}`
    case "HeartbeatLost":
      return `it sent nothing for ${formatMillis(reason.timeoutMillis)} after a heartbeat`
    case "WriteTimeout":
      return `it accepted none of its ${reason.pendingBytes} queued bytes for ${formatMillis(reason.timeoutMillis)}`
    case "SlowConsumer":
      return `it read too slowly: ${reason.pendingBytes} bytes were queued for it, above its budget of ${reason.budgetBytes}`
    case "PendingLimit":
      return `it read too slowly: ${reason.totalBytes} bytes were queued for all peers, above the limit of ${reason.limitBytes}, and ${reason.pendingBytes} of them for it`
    case "FrameTooLong":
      return `it sent a frame above ${reason.limitBytes} bytes${reason.offset === undefined ? "" : ` (at byte ${reason.offset})`}`
    case "FrameInvalid":
      return `it sent an invalid frame (at byte ${reason.offset}): ${escapeControls(reason.problem)}`
    case "FrameTruncated":
      return `it ended in the middle of a frame, after ${reason.bytes} ${reason.bytes === 1 ? "byte" : "bytes"} of the frame`
    case "MessageInvalid":
      return `it sent a message that ${escapeControls(reason.codec)} cannot decode (${describePlace(reason)}): ${escapeControls(reason.problem)}`
    case "HandlerFailed":
      return `its handler failed (${describeFailure(reason)})`
    case "FramingFailed":
      return `its framing failed (${describeFailure(reason)})`
    case "Drained":
      return "drained"
    case "DrainDeadline":
      return reason.pendingBytes === 0
        ? "the peer did not close its side before the deadline"
        : `the deadline passed with ${reason.pendingBytes} bytes not accepted by the peer`
    case "WorkerDied":
      return `its worker process ${reason.worker} ended (${escapeControls(reason.cause)})`
    case "TransportFailed":
      return isTlsCode(reason.code)
        ? `TLS: ${describeTlsFailure(reason.code)}`
        : `the transport failed (${reason.code})`
  }
}

const describeFailure = ({ message, tag }: Failure): string =>
  escapeControls(tag === undefined || message.includes(tag) ? message : `${tag}: ${message}`)

/** Whether a reason is a failure of the network or the peer: `PeerReset`, `PeerVanished` or `TransportFailed`. */
export const isAbnormal = (reason: CloseReason): boolean =>
  reason._tag === "PeerReset" || reason._tag === "PeerVanished" || reason._tag === "TransportFailed"
