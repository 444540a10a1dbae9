import * as Data from "effect/Data"
import type { ParseError } from "effect/ParseResult"
import { type CloseReason, describeCloseReason } from "./CloseReason.ts"
import { escapeControls } from "./escapes.ts"
/** A certificate or key for TLS is unusable. */
export class TlsError extends Data.TaggedError("TlsError")<{
  readonly part: "certificate" | "key" | "CA certificate"
  readonly problem: string
  /** The index of the identity, from 0, if there are several. */
  readonly index?: number
}> {
  override get message(): string {
    return `the ${this.part} cannot be used: ${this.problem}`
  }
}

/** The connection is closed or closing, so the program can neither send nor receive on it. */
export class ConnectionClosedError extends Data.TaggedError("ConnectionClosedError")<{
  readonly reason: CloseReason
}> {
  override get message(): string {
    return `the connection is closed: ${describeCloseReason(this.reason)}`
  }
}

/** The server has no connection with this number. */
export class NoSuchConnectionError extends Data.TaggedError("NoSuchConnectionError")<{
  readonly id: number
}> {
  override get message(): string {
    return `there is no connection #${this.id}; it has ended or never existed`
  }
}

/** A subscription exceeded its budget, and its policy is `disconnect`. */
export class SlowConsumerError extends Data.TaggedError("SlowConsumerError")<{
  readonly pendingBytes: number
  readonly budgetBytes: number
}> {
  override get message(): string {
    return `the subscriber is ${this.pendingBytes} bytes behind, above its budget of ${this.budgetBytes}; read faster, or raise the budget`
  }
}

/**
 * A payload cannot be sent as one frame: the framing cannot encode it, or it exceeds the limit. No byte of it was sent.
 */
export class InvalidPayloadError extends Data.TaggedError("InvalidPayloadError")<{
  readonly framing: string
  readonly problem: string
}> {
  override get message(): string {
    return `the payload cannot be sent as one frame (${escapeControls(this.framing)}): ${escapeControls(this.problem)}`
  }
}

/** The reasons why a payload was not sent. */
export type SendError = ConnectionClosedError | InvalidPayloadError

/** A codec could not decode a payload or encode a value. */
export class CodecError extends Data.TaggedError("CodecError")<{
  readonly codec: string
  /** What is wrong, in words. A problem above 1000 characters is cut. */
  readonly problem: string
  /** The error of the schema. Absent if the bytes are not in the format of the codec, such as text that is not UTF-8. */
  readonly parseError?: ParseError
  /** The ordinal of the frame on its connection, from 1. Absent if the payload did not come from a typed connection. */
  readonly frame?: number
  /** The number of bytes that the peer sent before the frame. Absent if it is unknown. */
  readonly offset?: number
}> {
  override get message(): string {
    return `${this.codec}: ${escapeControls(this.problem)}${placeText(this)}`
  }
}

const placeText = ({ frame, offset }: { readonly frame?: number; readonly offset?: number }): string => {
  if (frame === undefined) return ""
  return offset === undefined ? ` (frame ${frame})` : ` (frame ${frame}, at byte ${offset})`
}
