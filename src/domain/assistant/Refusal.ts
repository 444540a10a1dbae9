import * as Schema from "effect/Schema"

/** Why a command was not carried out. */
export const refusalReasons = [
  /** The written form cannot be read. */
  "syntax",
  /** The command is for a server, and this is a client, or the other way around. */
  "wrong-kind",
  /** The recipients match no client. */
  "nobody",
  /** The payload cannot be made into bytes, or the framing cannot carry it. */
  "payload",
  /** The endpoint, port, name, tag, encoding or pattern is not one. */
  "value",
  /** The server cannot listen there. */
  "listen",
  /** The connection cannot be made. */
  "connect",
  /** There is no connection. */
  "not-connected",
  /** There is a connection already. */
  "already-connected",
  /** No repeat, rule, macro, listener or tab has that name. */
  "unknown",
  /** Another client has that name. */
  "name-taken",
  /** A limit is reached. */
  "limit",
  /** The face may not do this here. */
  "forbidden",
  /** Files could not be read or written. */
  "file",
  /** It was under way when something else ended it. */
  "ended",
] as const

/** A command was refused. The message says what is wrong and where; `advice` says what to do. */
export class Refusal extends Schema.TaggedError<Refusal>("tcpfx/Refusal")("Refusal", {
  reason: Schema.Literal(...refusalReasons),
  message: Schema.String,
  /** What to do about it. */
  advice: Schema.optional(Schema.String),
  /** The field at fault, where a form has one: `endpoint`, `port`, `content`, `to`, `checksum`, `encoding` … */
  field: Schema.optional(Schema.String),
  /** Offset of the character at fault in the written form or in the content, from 0. */
  at: Schema.optional(Schema.Int),
  /** Code of the system, such as EADDRINUSE. */
  code: Schema.optional(Schema.String),
}) {}
