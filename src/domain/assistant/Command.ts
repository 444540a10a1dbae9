import * as Schema from "effect/Schema"
import { PayloadSpec } from "./Payload.ts"
import { Recipients } from "./Recipients.ts"
import { Macro, Rule } from "./Rule.ts"

const to = { to: Recipients }
/** Endpoints are in their written form (`127.0.0.1:9000`, `unix:/path`): the assistant reads them and says what is wrong. */
const endpoint = { endpoint: Schema.String }

/** Listens on an endpoint. For a server. */
export const Listen = Schema.TaggedStruct("Listen", endpoint)
/** Closes a listener, or all of them, and does with the connected clients what is said. Default `keep`. For a server. */
export const StopListening = Schema.TaggedStruct("StopListening", {
  endpoint: Schema.optional(Schema.String),
  clients: Schema.optional(Schema.Literal("keep", "close", "reset")),
})
/** What a client dials with, beside the endpoint. */
export const ConnectOptions = Schema.Struct({
  /** Whether TLS is spoken. Default: as the assistant was set up. */
  tls: Schema.optional(Schema.Boolean),
  /** Whether any certificate of the server is accepted. Default false. */
  insecure: Schema.optional(Schema.Boolean),
  /** Name that the certificate must have. Default: the host. */
  serverName: Schema.optional(Schema.String),
  /** Whether a lost connection is made again. Default: as the assistant was set up. */
  reconnect: Schema.optional(Schema.Boolean),
})
export type ConnectOptions = typeof ConnectOptions.Type
/** Connects. It succeeds when the connection is there, and is refused when it cannot be made. For a client. */
export const Connect = Schema.TaggedStruct("Connect", { ...endpoint, options: Schema.optional(ConnectOptions) })
/** Ends the connection, or the attempts at it: in order (`close`, the default) or at once (`reset`). For a client. */
export const Disconnect = Schema.TaggedStruct("Disconnect", { how: Schema.optional(Schema.Literal("close", "reset")) })
/** Sends a payload to recipients. A client has one recipient, its server, and ignores `to`. */
export const Send = Schema.TaggedStruct("Send", { to: Schema.optional(Recipients), payload: PayloadSpec })
/** Sends a payload to every client through the hub. For a server. */
export const Broadcast = Schema.TaggedStruct("Broadcast", { payload: PayloadSpec })
/** Sends a payload again and again: the first time now, then each `interval` milliseconds, `count` times in all. */
export const Repeat = Schema.TaggedStruct("Repeat", {
  to: Schema.optional(Recipients),
  payload: PayloadSpec,
  /** Milliseconds. At least 1. */
  interval: Schema.Number.pipe(Schema.between(1, 86_400_000)),
  /** Default: until it is cancelled. */
  count: Schema.optional(Schema.Int.pipe(Schema.positive())),
})
/** Ends a repeat, or all of them. */
export const Cancel = Schema.TaggedStruct("Cancel", { repeat: Schema.optional(Schema.Int) })
/** Gives one client a name; the empty name removes it. */
export const Rename = Schema.TaggedStruct("Rename", { ...to, name: Schema.String })
export const Tag = Schema.TaggedStruct("Tag", { ...to, tag: Schema.String })
export const Untag = Schema.TaggedStruct("Untag", { ...to, tag: Schema.String })
/** Closes connections in order. */
export const Kick = Schema.TaggedStruct("Kick", to)
/** Ends connections at once, with RST. */
export const Reset = Schema.TaggedStruct("Reset", { to: Schema.optional(Recipients) })
/** Sends FIN; receiving goes on. */
export const HalfClose = Schema.TaggedStruct("HalfClose", { to: Schema.optional(Recipients) })
/** Reads nothing more from clients until they are resumed; TCP holds them back. */
export const Pause = Schema.TaggedStruct("Pause", { to: Schema.optional(Recipients) })
/** Reads on. */
export const Resume = Schema.TaggedStruct("Resume", { to: Schema.optional(Recipients) })
/** Sets the encoding of clients. */
export const SetEncoding = Schema.TaggedStruct("SetEncoding", {
  to: Schema.optional(Recipients),
  encoding: Schema.String,
  /** Default `both`. */
  direction: Schema.optional(Schema.Literal("in", "out", "both")),
})
/** Adds a rule, or replaces the rule of that name. */
export const AddRule = Schema.TaggedStruct("AddRule", { rule: Rule })
export const RemoveRule = Schema.TaggedStruct("RemoveRule", { name: Schema.String })
/** Saves a macro, or replaces the macro of that name. */
export const SaveMacro = Schema.TaggedStruct("SaveMacro", { macro: Macro })
export const RemoveMacro = Schema.TaggedStruct("RemoveMacro", { name: Schema.String })
/** Sends the payload of a macro. */
export const RunMacro = Schema.TaggedStruct("RunMacro", { name: Schema.String, to: Schema.optional(Recipients) })
/** Refuses new connections, while the ports stay. For a server. */
export const SuspendAccepting = Schema.TaggedStruct("SuspendAccepting", {})
/** Accepts connections again. For a server. */
export const ResumeAccepting = Schema.TaggedStruct("ResumeAccepting", {})
/** Drops the rows of the log. */
export const ClearLog = Schema.TaggedStruct("ClearLog", {})
/** Reads the files of access rules and TLS again. */
export const Reload = Schema.TaggedStruct("Reload", {})
/** Ends everything in order, then leaves. */
export const Drain = Schema.TaggedStruct("Drain", {})
/** Leaves. */
export const Quit = Schema.TaggedStruct("Quit", {})

/** What an assistant can be told. Every face makes one of these: the page, the console, the control socket, a script. */
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
