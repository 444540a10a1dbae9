import * as Data from "effect/Data"
import { type CloseReason, describeCloseReason } from "./CloseReason.ts"
import { escapeControls } from "./escapes.ts"
/** What TLS was to be made of cannot be used. */
export class TlsError extends Data.TaggedError("TlsError")<{
  readonly part: "certificate" | "key" | "CA certificate"
  readonly problem: string
  /** Which of several identities it is about, from 0. */
  readonly index?: number
}> {
  override get message(): string {
    return `the ${this.part} cannot be used: ${this.problem}`
  }
}

/** The connection is closed or closing, so nothing more can be sent on it, or read from it. */
export class ConnectionClosedError extends Data.TaggedError("ConnectionClosedError")<{
  readonly reason: CloseReason
}> {
  override get message(): string {
    return `the connection is closed: ${describeCloseReason(this.reason)}`
  }
}

/** A command named a connection that the server does not have (any more). */
export class NoSuchConnectionError extends Data.TaggedError("NoSuchConnectionError")<{
  readonly id: number
}> {
  override get message(): string {
    return `there is no connection #${this.id}; it has ended, or never was`
  }
}

/** A subscription lagged further behind than its budget, and its policy was to be disconnected. */
export class SlowConsumerError extends Data.TaggedError("SlowConsumerError")<{
  readonly pendingBytes: number
  readonly budgetBytes: number
}> {
  override get message(): string {
    return `the subscriber is ${this.pendingBytes} bytes behind, its budget is ${this.budgetBytes}; take faster, or raise the budget`
  }
}

/** A payload cannot be sent as one frame: its framing cannot carry it, or it is above the limit. Nothing of it was sent. */
export class InvalidPayloadError extends Data.TaggedError("InvalidPayloadError")<{
  readonly framing: string
  readonly problem: string
}> {
  override get message(): string {
    return `the payload cannot be sent as one frame (${escapeControls(this.framing)}): ${escapeControls(this.problem)}`
  }
}

/** Why a payload was not sent. */
export type SendError = ConnectionClosedError | InvalidPayloadError

/** A payload could not be turned into a value, or a value into a payload. */
export class CodecError extends Data.TaggedError("CodecError")<{
  readonly codec: string
  readonly problem: string
}> {
  override get message(): string {
    return `${this.codec}: ${escapeControls(this.problem)}`
  }
}
