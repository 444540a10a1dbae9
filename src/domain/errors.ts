import type { ParseError } from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { CloseReason, describeCloseReason } from "./CloseReason.ts"
import { unchecked } from "./errorOptions.ts"
import { escapeControls } from "./escapes.ts"
import { describePlace } from "./framePlace.ts"

const tlsFields = {
  part: Schema.Literal("certificate", "key", "CA certificate", "PKCS #12 file", "cipher list", "range of versions"),
  problem: Schema.String,
  /** `true` if the key or file is encrypted and no passphrase was given. */
  lacksPassphrase: Schema.optionalWith(Schema.Boolean, { exact: true }),
  /** The index of the identity, from 0, if there are several. */
  index: Schema.optionalWith(Schema.Number, { exact: true }),
}

/** A certificate, a key or another option for TLS is unusable. */
export class TlsError extends Schema.TaggedError<TlsError>("tcpfx/domain/TlsError")("TlsError", tlsFields) {
  constructor(fields: Schema.Struct.Constructor<typeof tlsFields>) {
    super(fields, unchecked)
  }

  override get message(): string {
    return `the ${this.part} cannot be used: ${this.problem}`
  }
}

const connectionClosedFields = {
  reason: CloseReason,
  /** `true` if the connection is open and only this side has sent FIN: the program can still receive. */
  isHalfClosed: Schema.optionalWith(Schema.Boolean, { exact: true }),
}

/** The connection is closed or closing, or this side has sent FIN, so the program cannot send on it. */
export class ConnectionClosedError extends Schema.TaggedError<ConnectionClosedError>(
  "tcpfx/domain/ConnectionClosedError",
)("ConnectionClosedError", connectionClosedFields) {
  constructor(fields: Schema.Struct.Constructor<typeof connectionClosedFields>) {
    super(fields, unchecked)
  }

  override get message(): string {
    return this.isHalfClosed
      ? "this side has sent FIN, so it can send nothing more; the connection still receives"
      : `the connection is closed: ${describeCloseReason(this.reason)}`
  }
}

const noSuchConnectionFields = {
  id: Schema.Number,
}

/** The server has no connection with this number. */
export class NoSuchConnectionError extends Schema.TaggedError<NoSuchConnectionError>(
  "tcpfx/domain/NoSuchConnectionError",
)("NoSuchConnectionError", noSuchConnectionFields) {
  constructor(fields: Schema.Struct.Constructor<typeof noSuchConnectionFields>) {
    super(fields, unchecked)
  }

  override get message(): string {
    return `there is no connection #${this.id}; it has ended or never existed`
  }
}

const slowConsumerFields = {
  pendingBytes: Schema.Number,
  budgetBytes: Schema.Number,
}

/** A subscription exceeded its budget, and its policy is `disconnect`. */
export class SlowConsumerError extends Schema.TaggedError<SlowConsumerError>("tcpfx/domain/SlowConsumerError")(
  "SlowConsumerError",
  slowConsumerFields,
) {
  constructor(fields: Schema.Struct.Constructor<typeof slowConsumerFields>) {
    super(fields, unchecked)
  }

  override get message(): string {
    return `the subscriber is ${this.pendingBytes} bytes behind, above its budget of ${this.budgetBytes}; read faster, or raise the budget`
  }
}

const invalidPayloadFields = {
  framing: Schema.String,
  problem: Schema.String,
}

/**
 * A payload cannot be sent as one frame: the framing cannot encode it, or it exceeds the limit. No byte of it was sent.
 */
export class InvalidPayloadError extends Schema.TaggedError<InvalidPayloadError>("tcpfx/domain/InvalidPayloadError")(
  "InvalidPayloadError",
  invalidPayloadFields,
) {
  constructor(fields: Schema.Struct.Constructor<typeof invalidPayloadFields>) {
    super(fields, unchecked)
  }

  override get message(): string {
    return `the payload cannot be sent as one frame (${escapeControls(this.framing)}): ${escapeControls(this.problem)}`
  }
}

/** The reasons why a payload was not sent. */
export type SendError = ConnectionClosedError | InvalidPayloadError

const codecFields = {
  codec: Schema.String,
  /** What is wrong, in words. A problem above 1000 characters is cut. */
  problem: Schema.String,
  /** The ordinal of the frame on its connection, from 1. Absent if the payload did not come from a typed connection. */
  frame: Schema.optionalWith(Schema.Number, { exact: true }),
  /** The number of bytes that the peer sent before the frame. Absent if it is unknown. */
  offset: Schema.optionalWith(Schema.Number, { exact: true }),
}

/** A codec could not decode a payload or encode a value. */
export class CodecError extends Schema.TaggedError<CodecError>("tcpfx/domain/CodecError")("CodecError", codecFields) {
  /**
   * The error of the schema. Absent if the bytes are not in the format of the codec, such as text that is not UTF-8, and
   * absent in an error that was decoded from JSON: `problem` has its text.
   */
  declare readonly parseError?: ParseError

  constructor({
    parseError,
    ...fields
  }: Schema.Struct.Constructor<typeof codecFields> & { readonly parseError?: ParseError }) {
    super(fields, unchecked)
    if (parseError !== undefined) Object.assign(this, { parseError })
  }

  override get message(): string {
    const { frame, offset } = this
    const place = frame === undefined ? "" : ` (${describePlace({ frame, offset })})`
    return `${this.codec}: ${escapeControls(this.problem)}${place}`
  }
}
