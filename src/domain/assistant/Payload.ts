import * as Schema from "effect/Schema"

/** The form in which a payload is written. */
export const PayloadForm = Schema.Literal("text", "hex", "base64", "file")
export type PayloadForm = typeof PayloadForm.Type

/**
 * The line ending that is appended to a text. A text that already ends with this line ending or with CR LF stays
 * unchanged.
 */
export const LineEnding = Schema.Literal("none", "lf", "crlf", "cr")
export type LineEnding = typeof LineEnding.Type

/** A checksum over a range of the payload. */
export const ChecksumSpec = Schema.Struct({
  /**
   * The name of a checksum (`modbus`, `crc32`, `sum8`, `xor8`, `lrc`, `fletcher16`, `adler32` …), or a CRC by its
   * parameters: `crc:WIDTH,POLY,INIT,XOROUT,ref|noref`.
   */
  kind: Schema.String,
  /** The byte order on the wire. Default: the order of the checksum, `little` for MODBUS and `big` for most others. */
  order: Schema.optional(Schema.Literal("big", "little")),
  /** The offset of the first covered byte. Default 0. A negative offset counts from the end. */
  from: Schema.optional(Schema.Int),
  /** The offset after the last covered byte. Default: the end of the payload. A negative offset counts from the end. */
  to: Schema.optional(Schema.Int),
  /**
   * The offset at which the checksum replaces bytes. Default: it is appended. A negative offset counts from the end.
   */
  at: Schema.optional(Schema.Int),
})
export type ChecksumSpec = typeof ChecksumSpec.Type

/** A payload as a user writes it. `makePayload` converts it to bytes, for the preview and for sending. */
export const PayloadSpec = Schema.Struct({
  form: PayloadForm,
  /** The text, the digits, or the path of the file. */
  content: Schema.String,
  /** Whether a text has escapes and variables, such as `\n`, `\x00` and `${time}`. Default `true`. */
  escapes: Schema.optional(Schema.Boolean),
  /** The encoding of a text. Default: the encoding of the recipient, which is UTF-8 by default. */
  encoding: Schema.optional(Schema.String),
  /** Default `none`. */
  ending: Schema.optional(LineEnding),
  /** Default: none. */
  checksum: Schema.optional(ChecksumSpec),
})
export type PayloadSpec = typeof PayloadSpec.Type
