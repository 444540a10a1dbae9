import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import { Command } from "../../domain/assistant/Command.ts"
import { LogExtent, LogFilter, LogRow, RowsRequest } from "../../domain/assistant/Log.ts"
import { Outcome } from "../../domain/assistant/Outcome.ts"
import { PayloadSpec } from "../../domain/assistant/Payload.ts"
import { Recipients } from "../../domain/assistant/Recipients.ts"
import { Refusal } from "../../domain/assistant/Refusal.ts"
import { Match } from "../../domain/assistant/Rule.ts"
import { ClientsPage, ClientsRequest, Preview, RateHistory, WindowState } from "../../domain/assistant/State.ts"
import { WindowSettings } from "../../domain/assistant/WindowSettings.ts"

/** Number of a tab of the workspace: 1, 2, 3 …, never reused. */
const tab = { tab: Schema.Int }

/** One window of the workspace. */
export const Tab = Schema.Struct({
  ...tab,
  kind: Schema.Literal("server", "client"),
  /** Endpoint or state in a few words. */
  title: Schema.String,
  /** Whether it listens, or is connected. */
  active: Schema.Boolean,
  /** Whether closing it ends a listener, a connection, or attempts at one. */
  busy: Schema.Boolean,
  /** Whether it belongs to the command that the page is attached to, so that it cannot be closed. */
  fixed: Schema.Boolean,
})
export type Tab = typeof Tab.Type

/** One address of this machine to listen on. */
export const LocalAddress = Schema.Struct({
  address: Schema.String,
  family: Schema.Literal("ipv4", "ipv6"),
  /** Name of the interface; empty for the addresses of all interfaces. */
  name: Schema.String,
  loopback: Schema.Boolean,
})
export type LocalAddress = typeof LocalAddress.Type

/** What the page and the server say to each other. */
export class Api extends RpcGroup.make(
  /** The version, and what the page is attached to. */
  Rpc.make("About", {
    success: Schema.Struct({ version: Schema.String, attachedTo: Schema.Literal("ui", "serve", "connect") }),
  }),
  /** The tabs: now, and after each change. */
  Rpc.make("Tabs", { success: Schema.Array(Tab), stream: true }),
  Rpc.make("OpenTab", {
    payload: { kind: Schema.Literal("server", "client"), settings: Schema.optional(WindowSettings) },
    success: Tab,
    error: Refusal,
  }),
  /** Closes a tab, and with it its listeners and connections. */
  Rpc.make("CloseTab", { payload: tab, success: Schema.Void, error: Refusal }),
  /** Addresses of this machine: IPv4 first, then IPv6, those of all interfaces last. */
  Rpc.make("Addresses", { success: Schema.Array(LocalAddress) }),
  /** What a window shows: now, and after each change, at most ten times a second. */
  Rpc.make("State", { payload: tab, success: WindowState, error: Refusal, stream: true }),
  Rpc.make("Clients", { payload: { ...tab, request: ClientsRequest }, success: ClientsPage, error: Refusal }),
  /** How far the log, or the matches of a filter, reach: now, and after each change, at most ten times a second. */
  Rpc.make("Log", {
    payload: { ...tab, filter: Schema.optional(LogFilter) },
    success: LogExtent,
    error: Refusal,
    stream: true,
  }),
  Rpc.make("Rows", { payload: { ...tab, request: RowsRequest }, success: Schema.Array(LogRow), error: Refusal }),
  /** Bytes of one row: at most the first 64 KiB, and the length of all of them. */
  Rpc.make("Bytes", {
    payload: { ...tab, row: Schema.Number },
    success: Schema.Struct({ bytes: Schema.Uint8ArrayFromBase64, length: Schema.Int }),
    error: Refusal,
  }),
  Rpc.make("Do", { payload: { ...tab, command: Command }, success: Outcome, error: Refusal }),
  /** A command in its written form. */
  Rpc.make("DoLine", { payload: { ...tab, line: Schema.String }, success: Outcome, error: Refusal }),
  Rpc.make("Preview", {
    payload: { ...tab, payload: PayloadSpec, to: Schema.optional(Recipients) },
    success: Preview,
    error: Refusal,
  }),
  /** Reads recipients in their written form, as the field `To` has them. */
  Rpc.make("ReadRecipients", { payload: { text: Schema.String }, success: Recipients, error: Refusal }),
  /** What the match of a rule captures in a sample, the whole match first; `captures` is missing where it does not match. */
  Rpc.make("TryMatch", {
    payload: { match: Match, sample: Schema.String },
    success: Schema.Struct({ captures: Schema.optional(Schema.Array(Schema.String)) }),
    error: Refusal,
  }),
  Rpc.make("Rates", { payload: tab, success: RateHistory, error: Refusal }),
  /** Names of the encodings and checksums that a payload can have. */
  Rpc.make("Choices", {
    success: Schema.Struct({ encodings: Schema.Array(Schema.String), checksums: Schema.Array(Schema.String) }),
  }),
  /** Payloads that were sent from a face, the latest first; kept between runs. */
  Rpc.make("History", { success: Schema.Array(PayloadSpec) }),
  /** The project file as it is, and a new text for it; `Save` without a text writes rules and macros into it. */
  Rpc.make("ProjectFile", { success: Schema.Struct({ path: Schema.String, text: Schema.String }), error: Refusal }),
  Rpc.make("SaveProject", {
    payload: { path: Schema.optional(Schema.String) },
    success: Schema.String,
    error: Refusal,
  }),
) {}
