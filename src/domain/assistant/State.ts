import * as Schema from "effect/Schema"
import { ConnectionId } from "../ConnectionId.ts"
import { LogExtent } from "./Log.ts"
import { Macro, Rule } from "./Rule.ts"

/** Counters since the start of the assistant, and rates over the last second. */
export const Traffic = Schema.Struct({
  bytesIn: Schema.Number,
  bytesOut: Schema.Number,
  framesIn: Schema.Number,
  framesOut: Schema.Number,
  /** Bytes a second. */
  rateIn: Schema.Number,
  rateOut: Schema.Number,
})
export type Traffic = typeof Traffic.Type

/** One connected client of a server. */
export const ClientRow = Schema.Struct({
  id: ConnectionId,
  /** Empty if the client has no name. */
  name: Schema.String,
  tags: Schema.Array(Schema.String),
  remote: Schema.String,
  local: Schema.String,
  /** Milliseconds since the epoch. */
  since: Schema.Number,
  /** The time of the last received or sent frame. */
  active: Schema.Number,
  state: Schema.Literal("open", "peer-half-closed", "closing"),
  /** Whether reading is paused by a command. */
  paused: Schema.Boolean,
  /** The number of queued bytes that the kernel has not taken. */
  pending: Schema.Number,
  /** The TLS version, the cipher, the ALPN protocol and the subject of the certificate. Empty without TLS. */
  tls: Schema.String,
  encodingIn: Schema.String,
  encodingOut: Schema.String,
  ...Traffic.fields,
})
export type ClientRow = typeof ClientRow.Type

/** A running repeat. */
export const RepeatState = Schema.Struct({
  repeat: Schema.Int,
  /** The command in its written form. */
  what: Schema.String,
  /** The number of repetitions so far. */
  sent: Schema.Int,
  /** The number of repetitions in total. Absent: the repeat runs until `Cancel`. */
  of: Schema.optional(Schema.Int),
  intervalMillis: Schema.Number,
  /** Why the last repetition sent nothing, for example because no client matched. */
  problem: Schema.optional(Schema.String),
})
export type RepeatState = typeof RepeatState.Type

/** A rule, and the number of times that it has acted. */
export const RuleState = Schema.Struct({ rule: Rule, acted: Schema.Int, problem: Schema.optional(Schema.String) })
export type RuleState = typeof RuleState.Type

/** A problem to show next to the invalid field. */
export const Problem = Schema.Struct({
  message: Schema.String,
  advice: Schema.optional(Schema.String),
  field: Schema.optional(Schema.String),
  code: Schema.optional(Schema.String),
})
export type Problem = typeof Problem.Type

const shared = {
  traffic: Traffic,
  log: LogExtent,
  /** A number that changes when stored rows change, because a client has another name or encoding. */
  rowsVersion: Schema.Number,
  repeats: Schema.Array(RepeatState),
  rules: Schema.Array(RuleState),
  macros: Schema.Array(Macro),
  /** The name of the framing, in the form that `--frame` reads. */
  framing: Schema.String,
  /** The time of this state, milliseconds since the epoch. */
  at: Schema.Number,
}

/** The state of a server window, without its clients. */
export const ServerWindow = Schema.TaggedStruct("ServerWindow", {
  listening: Schema.Literal("idle", "trying", "listening"),
  /** The endpoints of the listeners, with the actual ports. */
  endpoints: Schema.Array(Schema.String),
  /** Why the last attempt to listen failed. */
  problem: Schema.optional(Problem),
  accepting: Schema.Literal("yes", "suspended", "draining"),
  /** What the server does with received frames: `console`, `broker`, `echo`, `discard`, `reply`. */
  mode: Schema.String,
  /** The number of connected clients. */
  clients: Schema.Int,
  /**
   * A number that changes when a client connects or disconnects, here or on another server that shares the hub, or when a
   * field of a client changes.
   */
  clientsVersion: Schema.Number,
  refused: Schema.Int,
  tls: Schema.Boolean,
  ...shared,
})
export type ServerWindow = typeof ServerWindow.Type

/** The state of a client window. */
export const ClientWindow = Schema.TaggedStruct("ClientWindow", {
  phase: Schema.Literal(
    "disconnected",
    "looking-up",
    "connecting",
    "connected",
    "half-closed",
    "closing",
    "reconnecting",
  ),
  /** The endpoint of the last `Connect`. */
  endpoint: Schema.optional(Schema.String),
  /** The side that has sent FIN. Present only while the connection is half-closed. */
  halfClosedBy: Schema.optional(Schema.Literal("peer", "local")),
  local: Schema.optional(Schema.String),
  remote: Schema.optional(Schema.String),
  tls: Schema.String,
  since: Schema.optional(Schema.Number),
  /** The time of the next attempt, milliseconds since the epoch. */
  retryAt: Schema.optional(Schema.Number),
  /** The number of the next attempt. */
  attempt: Schema.optional(Schema.Int),
  /** Why there is no connection, or why the last one ended. */
  problem: Schema.optional(Problem),
  paused: Schema.Boolean,
  pending: Schema.Number,
  encodingIn: Schema.String,
  encodingOut: Schema.String,
  ...shared,
})
export type ClientWindow = typeof ClientWindow.Type

export const WindowState = Schema.Union(ServerWindow, ClientWindow)
export type WindowState = typeof WindowState.Type

/** The bytes that a command would send now for a payload, and the clients that would receive them. */
export const Preview = Schema.Struct({
  /** The first bytes, at most 4096. */
  bytes: Schema.Uint8ArrayFromBase64,
  /** The length of the whole payload, bytes. */
  length: Schema.Int,
  /** The number of recipients. */
  recipients: Schema.Int,
  /** The first recipients. */
  first: Schema.Array(ConnectionId),
})
export type Preview = typeof Preview.Type

/** A request for a range of the client list. */
export const ClientsRequest = Schema.Struct({
  /** A text that the name, the address or a tag contains; or recipients in their written form (`@tag:x`). */
  filter: Schema.optional(Schema.String),
  /**
   * The order. Default `id`. `activity`: the most recently active client first. `rate`, `in`, `out`: the highest rate
   * first, of both directions or of one. `pending`: the most queued bytes first. Rates and queued bytes are those of the
   * last sample.
   */
  sort: Schema.optional(Schema.Literal("id", "activity", "rate", "in", "out", "pending", "name")),
  from: Schema.Int.pipe(Schema.nonNegative()),
  /** At most 500. */
  count: Schema.Int.pipe(Schema.between(1, 500)),
})
export type ClientsRequest = typeof ClientsRequest.Type

/**
 * A client of another server that shares the hub. Its own server knows its name and its traffic, and commands of this
 * server do not reach it.
 */
export const RemoteClientRow = Schema.Struct({
  /** The name of its server. */
  node: Schema.String,
  /** Its number on its server. */
  id: ConnectionId,
  /** Its endpoint as its server sees it. */
  remote: Schema.String,
  /** Milliseconds since the epoch, by the clock of its server. */
  since: Schema.Number,
})
export type RemoteClientRow = typeof RemoteClientRow.Type

/** Clients of other servers that share the hub. */
export const RemoteClientsPage = Schema.Struct({
  /** The number of clients that match the filter. */
  matching: Schema.Int,
  total: Schema.Int,
  rows: Schema.Array(RemoteClientRow),
})
export type RemoteClientsPage = typeof RemoteClientsPage.Type

export const ClientsPage = Schema.Struct({
  /** The number of clients that match the filter. */
  matching: Schema.Int,
  /** The number of connected clients. */
  total: Schema.Int,
  rows: Schema.Array(ClientRow),
  /**
   * The clients of other servers. They follow the matching clients of this server: the requested range goes on in them, in
   * the order of their servers.
   */
  remote: RemoteClientsPage,
})
export type ClientsPage = typeof ClientsPage.Type

/** The rates of the last ten minutes, one point per second, oldest first. */
export const RateHistory = Schema.Struct({
  /** The time of the first point, seconds since the epoch. */
  start: Schema.Number,
  bytesIn: Schema.Array(Schema.Number),
  bytesOut: Schema.Array(Schema.Number),
  framesIn: Schema.Array(Schema.Number),
  framesOut: Schema.Array(Schema.Number),
})
export type RateHistory = typeof RateHistory.Type
