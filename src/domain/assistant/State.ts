import * as Schema from "effect/Schema"
import { ConnectionId } from "../ConnectionId.ts"
import { LogExtent } from "./Log.ts"
import { Macro, Rule } from "./Rule.ts"

/** Counters since the assistant began, and rates over the last second. */
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
  /** Empty: it was given none. */
  name: Schema.String,
  tags: Schema.Array(Schema.String),
  remote: Schema.String,
  local: Schema.String,
  /** Milliseconds since the epoch. */
  since: Schema.Number,
  /** When it was last heard of or written to. */
  active: Schema.Number,
  state: Schema.Literal("open", "peer-half-closed", "closing"),
  /** Whether reading is paused by a command. */
  paused: Schema.Boolean,
  /** Handed over for sending and not taken by the system, bytes. */
  pending: Schema.Number,
  /** Version and certificate of TLS in words; empty without TLS. */
  tls: Schema.String,
  encodingIn: Schema.String,
  encodingOut: Schema.String,
  ...Traffic.fields,
})
export type ClientRow = typeof ClientRow.Type

/** A repeat that runs. */
export const RepeatState = Schema.Struct({
  repeat: Schema.Int,
  /** Its command in the written form. */
  what: Schema.String,
  /** How many times it has sent. */
  sent: Schema.Int,
  /** How many times it sends in all; none: until it is cancelled. */
  of: Schema.optional(Schema.Int),
  intervalMillis: Schema.Number,
  /** Why its last turn sent nothing, such as nobody being there. */
  problem: Schema.optional(Schema.String),
})
export type RepeatState = typeof RepeatState.Type

/** A rule, and how many times it has acted. */
export const RuleState = Schema.Struct({ rule: Rule, acted: Schema.Int, problem: Schema.optional(Schema.String) })
export type RuleState = typeof RuleState.Type

/** Something that went wrong, to be shown beside the field at fault. */
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
  repeats: Schema.Array(RepeatState),
  rules: Schema.Array(RuleState),
  macros: Schema.Array(Macro),
  /** The framing in force: `raw` or `line`. */
  framing: Schema.String,
  /** Milliseconds since the epoch at which this was true. */
  at: Schema.Number,
}

/** What a server window shows, but its clients. */
export const ServerWindow = Schema.TaggedStruct("ServerWindow", {
  listening: Schema.Literal("idle", "trying", "listening"),
  /** Where it listens, with the real ports. */
  endpoints: Schema.Array(Schema.String),
  /** Why the last attempt to listen failed. */
  problem: Schema.optional(Problem),
  accepting: Schema.Literal("yes", "suspended", "draining"),
  /** What it does with what clients send: `console`, `broker`, `echo`, `discard`, `reply`. */
  mode: Schema.String,
  /** How many clients are connected. */
  clients: Schema.Int,
  /** Changes when the list of clients has changed, in its members or in their figures. */
  clientsVersion: Schema.Number,
  refused: Schema.Int,
  tls: Schema.Boolean,
  ...shared,
})
export type ServerWindow = typeof ServerWindow.Type

/** What a client window shows. */
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
  /** Which side has sent FIN, while half-closed. */
  halfClosedBy: Schema.optional(Schema.Literal("peer", "local")),
  local: Schema.optional(Schema.String),
  remote: Schema.optional(Schema.String),
  tls: Schema.String,
  since: Schema.optional(Schema.Number),
  /** When the next attempt is made, milliseconds since the epoch, and which it is. */
  retryAt: Schema.optional(Schema.Number),
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

/** The bytes that a payload would send now, and to whom. */
export const Preview = Schema.Struct({
  /** At most the first 4096 bytes. */
  bytes: Schema.Uint8ArrayFromBase64,
  /** Length of all of it. */
  length: Schema.Int,
  /** How many clients would get it, and the first of them. */
  recipients: Schema.Int,
  first: Schema.Array(ConnectionId),
})
export type Preview = typeof Preview.Type

/** Which clients are wanted, in which order. */
export const ClientsRequest = Schema.Struct({
  /** Text in name, address or tag; or recipients in their written form (`@tag:x`). */
  filter: Schema.optional(Schema.String),
  /** Default `id`. `activity`: the most recently active first. */
  sort: Schema.optional(Schema.Literal("id", "activity", "rate", "name")),
  from: Schema.Int.pipe(Schema.nonNegative()),
  /** At most 500. */
  count: Schema.Int.pipe(Schema.between(1, 500)),
})
export type ClientsRequest = typeof ClientsRequest.Type

export const ClientsPage = Schema.Struct({
  /** How many clients match. */
  matching: Schema.Int,
  /** How many are connected. */
  total: Schema.Int,
  rows: Schema.Array(ClientRow),
})
export type ClientsPage = typeof ClientsPage.Type

/** Rates of the last ten minutes, one point a second, the oldest first. */
export const RateHistory = Schema.Struct({
  /** Seconds since the epoch of the first point. */
  start: Schema.Number,
  bytesIn: Schema.Array(Schema.Number),
  bytesOut: Schema.Array(Schema.Number),
  framesIn: Schema.Array(Schema.Number),
  framesOut: Schema.Array(Schema.Number),
})
export type RateHistory = typeof RateHistory.Type
