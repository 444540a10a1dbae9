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

/** The number of a tab of the workspace: 1, 2, 3 … A number is never reused. */
const tab = { tab: Schema.Int }

/** One window of the workspace. */
export const Tab = Schema.Struct({
  ...tab,
  kind: Schema.Literal("server", "client"),
  /** The endpoint, or the state in a few words. */
  title: Schema.String,
  /** Whether the window listens or is connected. */
  active: Schema.Boolean,
  /** Whether the window listens, is connected or attempts to connect. Closing the tab ends all of these. */
  busy: Schema.Boolean,
  /** Whether the window belongs to the command that the page is attached to. The user cannot close such a window. */
  fixed: Schema.Boolean,
})
export type Tab = typeof Tab.Type

/** One address of this machine that a server can listen on. */
export const LocalAddress = Schema.Struct({
  address: Schema.String,
  family: Schema.Literal("ipv4", "ipv6"),
  /** The name of the interface. It is empty for a wildcard address such as `0.0.0.0`. */
  name: Schema.String,
  loopback: Schema.Boolean,
})
export type LocalAddress = typeof LocalAddress.Type

/** The calls of the page and the answers of the server. */
export class Api extends RpcGroup.make(
  /** The version, and the command that the page is attached to. */
  Rpc.make("About", {
    success: Schema.Struct({ version: Schema.String, attachedTo: Schema.Literal("ui", "serve", "connect") }),
  }),
  /** The current tabs, and the tabs after each change. */
  Rpc.make("Tabs", { success: Schema.Array(Tab), stream: true }),
  Rpc.make("OpenTab", {
    payload: { kind: Schema.Literal("server", "client"), settings: Schema.optional(WindowSettings) },
    success: Tab,
    error: Refusal,
  }),
  /** Closes a tab with its listeners and connections. */
  Rpc.make("CloseTab", { payload: tab, success: Schema.Void, error: Refusal }),
  /** The addresses of this machine: IPv4, then IPv6, then the wildcard addresses. */
  Rpc.make("Addresses", { success: Schema.Array(LocalAddress) }),
  /** The current state of a window, and the state after each change, at most ten times a second. */
  Rpc.make("State", { payload: tab, success: WindowState, error: Refusal, stream: true }),
  Rpc.make("Clients", { payload: { ...tab, request: ClientsRequest }, success: ClientsPage, error: Refusal }),
  /** The current extent of the log or of the matches of a filter, and the extent after each change, at most ten times a second. */
  Rpc.make("Log", {
    payload: { ...tab, filter: Schema.optional(LogFilter) },
    success: LogExtent,
    error: Refusal,
    stream: true,
  }),
  Rpc.make("Rows", { payload: { ...tab, request: RowsRequest }, success: Schema.Array(LogRow), error: Refusal }),
  /** The bytes of one row, at most the first 64 KiB, and the full length. */
  Rpc.make("Bytes", {
    payload: { ...tab, row: Schema.Number },
    success: Schema.Struct({ bytes: Schema.Uint8ArrayFromBase64, length: Schema.Int }),
    error: Refusal,
  }),
  Rpc.make("Do", { payload: { ...tab, command: Command }, success: Outcome, error: Refusal }),
  /** Executes a command in its written form. */
  Rpc.make("DoLine", { payload: { ...tab, line: Schema.String }, success: Outcome, error: Refusal }),
  Rpc.make("Preview", {
    payload: { ...tab, payload: PayloadSpec, to: Schema.optional(Recipients) },
    success: Preview,
    error: Refusal,
  }),
  /** Parses recipients in their written form, as in the field `To`. */
  Rpc.make("ReadRecipients", { payload: { text: Schema.String }, success: Recipients, error: Refusal }),
  /** Applies the match of a rule to a sample. `captures` begins with the whole match; it is absent if the sample does not match. */
  Rpc.make("TryMatch", {
    payload: { match: Match, sample: Schema.String },
    success: Schema.Struct({ captures: Schema.optional(Schema.Array(Schema.String)) }),
    error: Refusal,
  }),
  Rpc.make("Rates", { payload: tab, success: RateHistory, error: Refusal }),
  /** The names of the encodings and checksums that a payload can use. */
  Rpc.make("Choices", {
    success: Schema.Struct({ encodings: Schema.Array(Schema.String), checksums: Schema.Array(Schema.String) }),
  }),
  /** The payloads that a user interface has sent, the latest first. The history survives the end of the process. */
  Rpc.make("History", { success: Schema.Array(PayloadSpec) }),
  /** The path and the current text of the project file. */
  Rpc.make("ProjectFile", { success: Schema.Struct({ path: Schema.String, text: Schema.String }), error: Refusal }),
  /** Writes rules, repeats and macros into the project file, or into the file at `path`. Returns the path. */
  Rpc.make("SaveProject", {
    payload: { path: Schema.optional(Schema.String) },
    success: Schema.String,
    error: Refusal,
  }),
) {}
