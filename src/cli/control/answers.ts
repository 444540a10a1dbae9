import * as Schema from "effect/Schema"

// The answers of a control socket that people read. Other programs may serve a socket too, so a client checks them.

/** The answer to `summary`. */
export const Summary = Schema.Struct({
  version: Schema.String,
  pid: Schema.Number,
  at: Schema.Number,
  since: Schema.Number,
  accepting: Schema.String,
  listening: Schema.Array(Schema.String),
  mode: Schema.String,
  framing: Schema.String,
  tls: Schema.Boolean,
  clients: Schema.Number,
  /** The number of clients of other servers. Absent if no other server shares the hub. */
  remote: Schema.optional(Schema.Number),
  refused: Schema.Number,
  bytesIn: Schema.Number,
  bytesOut: Schema.Number,
  rateIn: Schema.Number,
  rateOut: Schema.Number,
})
export type Summary = typeof Summary.Type

/** A client in the answers to `connections` and `state`. Only `connections` has rates. */
export const ConnectionRow = Schema.Struct({
  id: Schema.Number,
  name: Schema.optional(Schema.String),
  tags: Schema.optional(Schema.Array(Schema.String)),
  remote: Schema.String,
  state: Schema.String,
  paused: Schema.Boolean,
  since: Schema.Number,
  bytesIn: Schema.Number,
  bytesOut: Schema.Number,
  pendingBytes: Schema.Number,
  rateIn: Schema.optional(Schema.Number),
  rateOut: Schema.optional(Schema.Number),
})
export type ConnectionRow = typeof ConnectionRow.Type

/** A client of another server in the answers to `connections` and `state`. */
export const RemoteRow = Schema.Struct({
  /** Such as `@two/3`. */
  client: Schema.String,
  remote: Schema.String,
  since: Schema.Number,
})
export type RemoteRow = typeof RemoteRow.Type

/** The answer to `connections`. The fields of other servers are absent if no other server shares the hub. */
export const Connections = Schema.Struct({
  matching: Schema.Number,
  total: Schema.Number,
  connections: Schema.Array(ConnectionRow),
  remoteMatching: Schema.optional(Schema.Number),
  remoteTotal: Schema.optional(Schema.Number),
  remote: Schema.optional(Schema.Array(RemoteRow)),
})
export type Connections = typeof Connections.Type

/** The answer to `state`. */
export const State = Schema.Struct({
  accepting: Schema.String,
  listening: Schema.Array(Schema.String),
  connections: Schema.Array(ConnectionRow),
  remote: Schema.optional(Schema.Array(RemoteRow)),
})
