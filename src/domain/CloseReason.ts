import * as Schema from "effect/Schema"
import { escapeControls } from "./escapes.ts"
import { Failure } from "./Failure.ts"
import { formatMillis } from "./quantities.ts"
import { describeTlsFailure, isTlsCode } from "./tlsFailures.ts"

/** The peer sent FIN and everything that was to be sent had been sent. */
const PeerClosed = Schema.TaggedStruct("PeerClosed", {})
/** The peer reset the connection (RST): it went away in the middle, or refused what was sent. */
const PeerReset = Schema.TaggedStruct("PeerReset", {})
/** The peer stopped acknowledging; the system gave the connection up (ETIMEDOUT, EHOSTUNREACH). */
const PeerVanished = Schema.TaggedStruct("PeerVanished", { code: Schema.String })
/** This side closed it: its handler came to its end, or its owner closed it. */
const LocalClosed = Schema.TaggedStruct("LocalClosed", {})
/** A command closed it. */
const Kicked = Schema.TaggedStruct("Kicked", {})
/** The peer sent nothing for so long. */
const IdleTimeout = Schema.TaggedStruct("IdleTimeout", { timeoutMillis: Schema.Number })
/** The peer did not complete its first frame in time. */
const FirstFrameTimeout = Schema.TaggedStruct("FirstFrameTimeout", { timeoutMillis: Schema.Number })
/** Nothing came from the peer for so long after it was sent a heartbeat. */
const HeartbeatLost = Schema.TaggedStruct("HeartbeatLost", { timeoutMillis: Schema.Number })
/** Bytes waited for the peer and it took none of them for so long. */
const WriteTimeout = Schema.TaggedStruct("WriteTimeout", {
  pendingBytes: Schema.Number,
  timeoutMillis: Schema.Number,
})
/** The peer took bytes so slowly that those waiting for it exceeded the budget. */
const SlowConsumer = Schema.TaggedStruct("SlowConsumer", { pendingBytes: Schema.Number, budgetBytes: Schema.Number })
/** More bytes waited for all peers together than may, and the most of them for this one. */
const PendingLimit = Schema.TaggedStruct("PendingLimit", {
  pendingBytes: Schema.Number,
  totalBytes: Schema.Number,
  limitBytes: Schema.Number,
})
/** The peer sent a frame above the limit. */
const FrameTooLong = Schema.TaggedStruct("FrameTooLong", { limitBytes: Schema.Number })
/** The program that served it failed, died or was interrupted. */
const HandlerFailed = Schema.TaggedStruct("HandlerFailed", Failure.fields)
/** The framing threw an error when it read what the peer had sent. */
const FramingFailed = Schema.TaggedStruct("FramingFailed", Failure.fields)
/** The server drained: everything was flushed and the peer agreed to the end. */
const Drained = Schema.TaggedStruct("Drained", {})
/** The deadline of a drain, or of closing, passed before the peer took what was left and closed its side. */
const DrainDeadline = Schema.TaggedStruct("DrainDeadline", { pendingBytes: Schema.Number })
/** The system, or TLS, reported another failure. */
const TransportFailed = Schema.TaggedStruct("TransportFailed", { code: Schema.String })

/** Why a connection ended: a closed list, one reason for each. */
export const CloseReason = Schema.Union(
  PeerClosed,
  PeerReset,
  PeerVanished,
  LocalClosed,
  Kicked,
  IdleTimeout,
  FirstFrameTimeout,
  HeartbeatLost,
  WriteTimeout,
  SlowConsumer,
  PendingLimit,
  FrameTooLong,
  HandlerFailed,
  FramingFailed,
  Drained,
  DrainDeadline,
  TransportFailed,
)
export type CloseReason = typeof CloseReason.Type

/** The reasons without figures of their own. */
export const closeReasons = {
  peerClosed: { _tag: "PeerClosed" },
  peerReset: { _tag: "PeerReset" },
  localClosed: { _tag: "LocalClosed" },
  kicked: { _tag: "Kicked" },
  drained: { _tag: "Drained" },
} as const satisfies Record<string, CloseReason>

/**
 * The reason in words, to stand behind "closed: ".
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
    case "IdleTimeout":
      return `it sent nothing for ${formatMillis(reason.timeoutMillis)}`
    case "FirstFrameTimeout":
      return `it sent no whole frame within ${formatMillis(reason.timeoutMillis)}`
    case "HeartbeatLost":
      return `nothing came from it for ${formatMillis(reason.timeoutMillis)} after a heartbeat`
    case "WriteTimeout":
      return `it took none of ${reason.pendingBytes} waiting bytes for ${formatMillis(reason.timeoutMillis)}`
    case "SlowConsumer":
      return `it read too slowly, ${reason.pendingBytes} bytes were waiting, ${reason.budgetBytes} is the budget`
    case "PendingLimit":
      return `it read too slowly, ${reason.pendingBytes} of ${reason.totalBytes} bytes waiting for all were its, ${reason.limitBytes} may be`
    case "FrameTooLong":
      return `it sent a frame above ${reason.limitBytes} bytes`
    case "HandlerFailed":
      return `its handler failed (${describeFailure(reason)})`
    case "FramingFailed":
      return `its framing failed (${describeFailure(reason)})`
    case "Drained":
      return "drained"
    case "DrainDeadline":
      return reason.pendingBytes === 0
        ? "the peer did not close its side before the deadline"
        : `the deadline passed with ${reason.pendingBytes} bytes not taken by the peer`
    case "TransportFailed":
      return isTlsCode(reason.code)
        ? `TLS: ${describeTlsFailure(reason.code)}`
        : `the transport failed (${reason.code})`
  }
}

const describeFailure = ({ message, tag }: Failure): string =>
  escapeControls(tag === undefined || message.includes(tag) ? message : `${tag}: ${message}`)

/** Whether a reason is a failure of the network or of the peer rather than an orderly end. */
export const isAbnormal = (reason: CloseReason): boolean =>
  reason._tag === "PeerReset" || reason._tag === "PeerVanished" || reason._tag === "TransportFailed"
