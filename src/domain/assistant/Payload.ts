import * as Schema from "effect/Schema"

/** How a payload is written. */
export const PayloadForm = Schema.Literal("text", "hex", "base64", "file")
export type PayloadForm = typeof PayloadForm.Type

/** What a text ends with. An end that the text has already, CR LF or the chosen one, is not doubled. */
export const LineEnding = Schema.Literal("none", "lf", "crlf", "cr")
export type LineEnding = typeof LineEnding.Type

/** A checksum over a range of the payload. */
export const ChecksumSpec = Schema.Struct({
  /**
   * A name of the table of checksums (`modbus`, `crc32`, `sum8`, `xor8`, `lrc`, `fletcher16`, `adler32` …), or a CRC by its
   * parameters: `crc:WIDTH,POLY,INIT,XOROUT,ref|noref`.
   */
  kind: Schema.String,
  /** Order of its bytes on the wire. Default: that of the table, `little` for MODBUS, `big` for most others. */
  order: Schema.optional(Schema.Literal("big", "little")),
  /** Offset of the first byte that it covers. Default 0. A negative offset counts from the end. */
  from: Schema.optional(Schema.Int),
  /** Offset behind the last byte that it covers. Default: the end of the payload. A negative offset counts from the end. */
  to: Schema.optional(Schema.Int),
  /** Offset at which it replaces bytes of the payload. Default: it is appended. A negative offset counts from the end. */
  at: Schema.optional(Schema.Int),
})
export type ChecksumSpec = typeof ChecksumSpec.Type

/** A payload as a user writes it. `makePayload` turns it into bytes; the preview and the sending use the same function. */
export const PayloadSpec = Schema.Struct({
  form: PayloadForm,
  /** The text, the digits, or the path of the file. */
  content: Schema.String,
  /** Whether `\n`, `\x00` and `${time}` in a text stand for what they mean. Default true. */
  escapes: Schema.optional(Schema.Boolean),
  /** Encoding of a text. Default: the encoding of the recipient, UTF-8 unless it was set. */
  encoding: Schema.optional(Schema.String),
  /** Default `none`. */
  ending: Schema.optional(LineEnding),
  /** Default: none. */
  checksum: Schema.optional(ChecksumSpec),
})
export type PayloadSpec = typeof PayloadSpec.Type
