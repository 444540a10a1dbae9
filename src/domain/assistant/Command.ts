import * as Schema from "effect/Schema"
import { PayloadSpec } from "./Payload.ts"
import { Recipients } from "./Recipients.ts"
import { Macro, Rule } from "./Rule.ts"

const to = { to: Recipients }
/**
 * An endpoint in its written form (`127.0.0.1:9000`, `unix:/path`). The assistant parses it and refuses an invalid one.
 */
const endpoint = { endpoint: Schema.String }

/** Starts a listener. Server only. */
export const Listen = Schema.TaggedStruct("Listen", endpoint)
/** Closes one listener or all. `clients` says what happens to their clients; default `keep`. Server only. */
export const StopListening = Schema.TaggedStruct("StopListening", {
  endpoint: Schema.optional(Schema.String),
  clients: Schema.optional(Schema.Literal("keep", "close", "reset")),
})
/** The options of `Connect`. */
export const ConnectOptions = Schema.Struct({
  /** Whether to use TLS. Default: the setting of the assistant. */
  tls: Schema.optional(Schema.Boolean),
  /** Whether to accept any certificate of the server. Default `false`. */
  insecure: Schema.optional(Schema.Boolean),
  /** The name that the certificate must have. Default: the host. */
  serverName: Schema.optional(Schema.String),
  /** Whether to reconnect after a lost connection. Default: the setting of the assistant. */
  reconnect: Schema.optional(Schema.Boolean),
})
export type ConnectOptions = typeof ConnectOptions.Type
/**
 * Connects to a server. The command succeeds when the connection is open, and is refused if the client cannot connect.
 * Client only.
 */
export const Connect = Schema.TaggedStruct("Connect", { ...endpoint, options: Schema.optional(ConnectOptions) })
/**
 * Closes the connection gracefully (`close`, the default) or resets it (`reset`). Also ends attempts to connect. Client
 * only.
 */
export const Disconnect = Schema.TaggedStruct("Disconnect", { how: Schema.optional(Schema.Literal("close", "reset")) })
/** Sends a payload to recipients. A client sends to its server and ignores `to`. */
export const Send = Schema.TaggedStruct("Send", { to: Schema.optional(Recipients), payload: PayloadSpec })
/** Sends a payload to every client through the hub. Server only. */
export const Broadcast = Schema.TaggedStruct("Broadcast", { payload: PayloadSpec })
/** Sends a payload repeatedly: now, and then every `interval` milliseconds, `count` times in total. */
export const Repeat = Schema.TaggedStruct("Repeat", {
  to: Schema.optional(Recipients),
  payload: PayloadSpec,
  /** Milliseconds, 1 to 86 400 000 (24 h). */
  interval: Schema.Number.pipe(Schema.between(1, 86_400_000)),
  /** Default: no limit; the repeat runs until `Cancel`. */
  count: Schema.optional(Schema.Int.pipe(Schema.positive())),
})
/** Ends one repeat or all. */
export const Cancel = Schema.TaggedStruct("Cancel", { repeat: Schema.optional(Schema.Int) })
/** Sets the name of one client. An empty name removes the name. */
export const Rename = Schema.TaggedStruct("Rename", { ...to, name: Schema.String })
export const Tag = Schema.TaggedStruct("Tag", { ...to, tag: Schema.String })
export const Untag = Schema.TaggedStruct("Untag", { ...to, tag: Schema.String })
/** Closes connections gracefully. */
export const Kick = Schema.TaggedStruct("Kick", to)
/** Resets connections (RST). */
export const Reset = Schema.TaggedStruct("Reset", { to: Schema.optional(Recipients) })
/** Sends FIN. The assistant still receives. */
export const HalfClose = Schema.TaggedStruct("HalfClose", { to: Schema.optional(Recipients) })
/** Stops reading from clients until `Resume`. TCP back-pressure then stops the clients. */
export const Pause = Schema.TaggedStruct("Pause", { to: Schema.optional(Recipients) })
/** Resumes reading from clients. */
export const Resume = Schema.TaggedStruct("Resume", { to: Schema.optional(Recipients) })
/** Sets the encoding of clients. */
export const SetEncoding = Schema.TaggedStruct("SetEncoding", {
  to: Schema.optional(Recipients),
  encoding: Schema.String,
  /** Default `both`. */
  direction: Schema.optional(Schema.Literal("in", "out", "both")),
})
/** Adds a rule, or replaces the rule with that name. */
export const AddRule = Schema.TaggedStruct("AddRule", { rule: Rule })
export const RemoveRule = Schema.TaggedStruct("RemoveRule", { name: Schema.String })
/** Saves a macro, or replaces the macro with that name. */
export const SaveMacro = Schema.TaggedStruct("SaveMacro", { macro: Macro })
export const RemoveMacro = Schema.TaggedStruct("RemoveMacro", { name: Schema.String })
/** Sends the payload of a macro. */
export const RunMacro = Schema.TaggedStruct("RunMacro", { name: Schema.String, to: Schema.optional(Recipients) })
/** Refuses new connections. The ports stay open. Server only. */
export const SuspendAccepting = Schema.TaggedStruct("SuspendAccepting", {})
/** Accepts connections again. Server only. */
export const ResumeAccepting = Schema.TaggedStruct("ResumeAccepting", {})
/** Removes all rows of the log. */
export const ClearLog = Schema.TaggedStruct("ClearLog", {})
/** Reads the files of access rules and TLS again. */
export const Reload = Schema.TaggedStruct("Reload", {})
/** Closes all listeners, closes all connections gracefully, then ends the program. */
export const Drain = Schema.TaggedStruct("Drain", {})
/** Ends the program. */
export const Quit = Schema.TaggedStruct("Quit", {})

/** The commands of an assistant. The page, the console, the control socket and scripts all use these commands. */
export const Command = Schema.Union(
  Listen,
  StopListening,
  Connect,
  Disconnect,
  Send,
  Broadcast,
  Repeat,
  Cancel,
  Rename,
  Tag,
  Untag,
  Kick,
  Reset,
  HalfClose,
  Pause,
  Resume,
  SetEncoding,
  AddRule,
  RemoveRule,
  SaveMacro,
  RemoveMacro,
  RunMacro,
  SuspendAccepting,
  ResumeAccepting,
  ClearLog,
  Reload,
  Drain,
  Quit,
)
export type Command = typeof Command.Type
