import * as Command from "@effect/cli/Command"
import { formatBytes, limits, parseDuration, parseSize, slowConsumerPolicies } from "../../domain/index.ts"
import { accessFlags } from "../flags/accessFlags.ts"
import { automationFlags } from "../flags/automationFlags.ts"
import { chatFlags } from "../flags/chatFlags.ts"
import { configFlags } from "../flags/configFlags.ts"
import { parseServerControl } from "../flags/controlPath.ts"
import { familyFlags } from "../flags/familyFlags.ts"
import { anyText, argumentsOf, oneOf, optionsOf, shapesOf, toggle, value, values } from "../flags/flag.ts"
import type { CommandHelp } from "../flags/help.ts"
import { historyFlag } from "../flags/historyFlag.ts"
import { hubFlags } from "../flags/hubFlags.ts"
import { inetdFlag } from "../flags/inetdFlag.ts"
import { limitFlags } from "../flags/limitFlags.ts"
import { listenFlags } from "../flags/listenFlags.ts"
import { logFlags } from "../flags/logFlags.ts"
import { messageFlags } from "../flags/messageFlags.ts"
import { nameFlags } from "../flags/nameFlags.ts"
import { netcatServeFlags } from "../flags/netcatFlags.ts"
import { attachFlags } from "../flags/pageFlags.ts"
import { payloadFlags } from "../flags/payloadFlags.ts"
import { pickFlags } from "../flags/pickFlags.ts"
import { programFlags } from "../flags/programFlags.ts"
import { endpointFlags, framingFlags, outputFlag, plainFlag } from "../flags/sharedFlags.ts"
import { telnetFlags } from "../flags/telnetFlags.ts"
import { serverTlsFlags } from "../flags/tlsFlags.ts"
import { viewFlags } from "../flags/viewFlags.ts"
import { watchFlags } from "../flags/watchFlags.ts"
import { workerFlags } from "../flags/workerFlags.ts"

const modes = ["console", "broker", "chat", "echo", "discard"] as const
/** The mode of a server: its reaction to the data of its clients. */
export type Mode = (typeof modes)[number] | "reply" | "program"

/** The flags of `tcpfx serve`. */
export const serveFlags = {
  ...endpointFlags,
  ...familyFlags,
  ...listenFlags,
  ...inetdFlag,
  ...pickFlags,
  ...netcatServeFlags,
  mode: value("mode", modes.join("|"), oneOf(...modes), {
    help: "console (default): show what clients send; broker: relay it to all others; chat: relay lines with names; echo: send it back; discard: drop it.",
  }),
  broker: toggle("broker", { help: "The same as --mode broker." }),
  reply: value("reply", "TEXT", anyText, {
    help: "Answer each frame with TEXT, with escapes such as \\n and \\x00.",
  }),
  send: values("send", "TEXT", anyText, {
    help: "Send TEXT to each client that connects, with escapes such as \\n. May be given several times.",
  }),
  ...chatFlags,
  ...payloadFlags,
  ...automationFlags,
  ...nameFlags,
  ...programFlags("client"),
  ...framingFlags,
  halfClosed: value("half-closed", "close|keep", oneOf("close", "keep"), {
    help: "After the FIN of a client, close, or keep the connection to send on it (keep is the default of broker).",
  }),
  slowConsumer: value("slow-consumer", "disconnect|drop-oldest|block", oneOf(...slowConsumerPolicies), {
    help: "What happens to a client when more than --hub-budget is queued for it (default disconnect).",
  }),
  hubBudget: value("hub-budget", "SIZE", parseSize, {
    help: `Bytes that may be queued for one client (default ${formatBytes(limits.hubBudgetBytes)}).`,
  }),
  ...hubFlags,
  ...historyFlag,
  ...telnetFlags,
  ...serverTlsFlags,
  ...accessFlags,
  ...limitFlags,
  control: value("control", "PATH|auto", parseServerControl, {
    help: "Take commands of tcpfx ctl and tcpfx top on this unix socket. auto: on a socket that they find by themselves.",
  }),
  ...watchFlags("server"),
  ...workerFlags,
  drain: value("drain", "TIME", parseDuration, {
    help: "How long Ctrl-C and SIGTERM wait for connections to close before a reset (default 5s).",
  }),
  drainDelay: value("drain-delay", "TIME", parseDuration, {
    help: "Before the drain, answer not ready at /readyz for TIME, and still accept clients (default: not at all).",
  }),
  drainWait: value("drain-wait", "TIME", parseDuration, {
    help: "Before the drain, stop listening, and let the clients leave by themselves for TIME (default: not at all).",
  }),
  output: outputFlag("text; with -l raw, unless it goes to a terminal"),
  ...viewFlags,
  plain: plainFlag,
  noTraffic: toggle("no-traffic", { help: "Show connections, but no received or sent data." }),
  quietProbes: toggle("quiet-probes", {
    help: "Show no rows for connections without data, such as health checks of load balancers, but count them.",
  }),
  ...logFlags,
  ...attachFlags,
  ...messageFlags,
  ...configFlags,
}

const config = { args: argumentsOf("endpoint"), ...optionsOf(serveFlags) }

/** The values of a command line of `tcpfx serve`. */
export type ServeOptions = Command.Command.ParseConfig<typeof config>

/** `tcpfx serve`. */
export const serveCommand = Command.make("serve", config)

/** The help of `tcpfx serve`. */
export const serveHelp: CommandHelp = {
  usage: "tcpfx serve [host] [port] [options], tcpfx serve endpoint... [options]",
  summary: "Listen, show what clients send, and send each line of standard input to all of them.",
  flags: shapesOf(serveFlags),
  examples: [
    ["tcpfx serve", "listen on 127.0.0.1:12345"],
    ["tcpfx serve --reply 'Hello, client!'", "answer every message"],
    ["tcpfx serve 0.0.0.0 9000 --mode chat", "a chat for the whole network"],
    ["tcpfx serve unix:/run/x.sock --output json", "events as JSON, one per line"],
    ["tcpfx -l 9000 >file", "receive from one client, as nc does"],
    ["tcpfx serve 127.0.0.1:9000 [::1]:9000 unix:@x", "several endpoints at once"],
  ],
  notes: [
    "An endpoint is host port, host:port, :port, a port, [ipv6]:port or unix:/path. Port 0 takes a free one.",
    "unix:@name is an abstract name (Linux), fd:3 an inherited listening socket. Of several endpoints, each needs its port.",
    "A name means its first address (-4, -6: of that family). [::] accepts IPv4 too, 0.0.0.0 accepts IPv4 only.",
    "Ctrl-C drains: the server stops listening, flushes and closes its connections. A second Ctrl-C ends it at once.",
  ],
}
