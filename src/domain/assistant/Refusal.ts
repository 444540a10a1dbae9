import * as Schema from "effect/Schema"

/** The reasons to refuse a command. */
export const refusalReasons = [
  /** The written form is invalid. */
  "syntax",
  /** The command is for a server and the window is a client, or the reverse. */
  "wrong-kind",
  /** The recipients match no client. */
  "nobody",
  /** The payload cannot be converted to bytes, or the framing cannot encode it. */
  "payload",
  /** The endpoint, port, name, tag, encoding or pattern is invalid. */
  "value",
  /** The server cannot listen there. */
  "listen",
  /** The connection cannot be made. */
  "connect",
  /** There is no connection. */
  "not-connected",
  /** There already is a connection. */
  "already-connected",
  /** No repeat, rule, macro, listener or tab has that name. */
  "unknown",
  /** Another client has that name. */
  "name-taken",
  /** A limit is reached. */
  "limit",
  /** The page, console or control socket has no permission for the command. */
  "forbidden",
  /** A file could not be read or written. */
  "file",
  /** The connection or the attempt ended before the command succeeded. */
  "ended",
] as const

/** A command was refused. The message says what is wrong and where; `advice` says what to do. */
export class Refusal extends Schema.TaggedError<Refusal>("tcpfx/Refusal")("Refusal", {
  reason: Schema.Literal(...refusalReasons),
  message: Schema.String,
  /** The remedy. */
  advice: Schema.optional(Schema.String),
  /** The invalid field of a form: `endpoint`, `port`, `content`, `to`, `checksum`, `encoding` … */
  field: Schema.optional(Schema.String),
  /** The offset of the invalid character in the written form or the content, from 0. */
  at: Schema.optional(Schema.Int),
  /** The error code of the kernel, such as EADDRINUSE. */
  code: Schema.optional(Schema.String),
}) {}
