import * as Command from "@effect/cli/Command"
import {
  formatBytes,
  limits,
  parseDuration,
  parseEscapes,
  parseSize,
  slowConsumerPolicies,
} from "../../domain/index.ts"
import { accessFlags } from "../flags/accessFlags.ts"
import { parseControlPath } from "../flags/controlPath.ts"
import { familyFlags } from "../flags/familyFlags.ts"
import { argumentsOf, oneOf, optionsOf, shapesOf, toggle, value } from "../flags/flag.ts"
import type { CommandHelp } from "../flags/help.ts"
import { limitFlags } from "../flags/limitFlags.ts"
import { listenFlags } from "../flags/listenFlags.ts"
import { attachFlags } from "../flags/pageFlags.ts"
import { endpointFlags, framingFlags, outputFlag, timestampsFlag } from "../flags/sharedFlags.ts"
import { serverTlsFlags } from "../flags/tlsFlags.ts"

const modes = ["console", "broker", "echo", "discard"] as const
/** What a server does with what its clients send. */
export type Mode = (typeof modes)[number] | "reply"

/** The flags of `tcpfx serve`. */
export const serveFlags = {
  ...endpointFlags,
  ...familyFlags,
  ...listenFlags,
  mode: value("mode", modes.join("|"), oneOf(...modes), {
    help: "console (default): show what comes; broker: relay to all others; echo: send back; discard: take and drop.",
  }),
  broker: toggle("broker", { help: "The same as --mode broker." }),
  reply: value("reply", "TEXT", parseEscapes, {
    help: "Answer each frame with TEXT; escapes such as \\n and \\x00 are understood.",
  }),
  ...framingFlags,
  halfClosed: value("half-closed", "close|keep", oneOf("close", "keep"), {
    help: "A client that has sent FIN is closed too, or kept for what is still sent to it (the default of broker).",
  }),
  slowConsumer: value("slow-consumer", "disconnect|drop-oldest|block", oneOf(...slowConsumerPolicies), {
    help: "What a client meets that lags beyond --hub-budget (default disconnect).",
  }),
  hubBudget: value("hub-budget", "SIZE", parseSize, {
    help: `What may wait for one client (default ${formatBytes(limits.hubBudgetBytes)}).`,
  }),
  ...serverTlsFlags,
  ...accessFlags,
  ...limitFlags,
  control: value("control", "PATH", parseControlPath, {
    help: "Take commands on a unix socket of its own: state, help, and every command of the assistant (send, kick, drain).",
  }),
  drain: value("drain", "TIME", parseDuration, {
    help: "How long Ctrl-C and SIGTERM let the connections come to an orderly end (default 5s).",
  }),
  output: outputFlag("text"),
  timestamps: timestampsFlag,
  noTraffic: toggle("no-traffic", { help: "Show connections only, not what is received and sent." }),
  ...attachFlags,
}

const config = { args: argumentsOf("endpoint"), ...optionsOf(serveFlags) }

/** What a command line of `tcpfx serve` gave. */
export type ServeOptions = Command.Command.ParseConfig<typeof config>

/** `tcpfx serve`. */
export const serveCommand = Command.make("serve", config)

/** What `tcpfx serve --help` says. */
export const serveHelp: CommandHelp = {
  usage: "tcpfx serve [host] [port] [options], tcpfx serve endpoint... [options]",
  summary: "Listen, show what clients send, send every line of standard input to all of them.",
  flags: shapesOf(serveFlags),
  examples: [
    ["tcpfx serve", "listen on 127.0.0.1:12345"],
    ["tcpfx serve --reply 'Hello, client!'", "answer every message"],
    ["tcpfx serve 0.0.0.0 9000 --broker --frame line", "a chat for the whole network"],
    ["tcpfx serve unix:/run/x.sock --output json", "events as JSON, one a line"],
    ["tcpfx serve 127.0.0.1:9000 [::1]:9000 unix:@x", "several endpoints at once"],
  ],
  notes: [
    "An endpoint is host port, host:port, :port, a port, [ipv6]:port or unix:/path. Port 0 takes a free one.",
    "unix:@name is an abstract name (Linux), fd:3 a listening socket passed on. Of several, each names its port.",
    "A name is listened on at its first address (-4, -6: of that family); [::] takes IPv4 too, 0.0.0.0 IPv4 only.",
    "Ctrl-C lets the connections come to an orderly end; again ends at once.",
  ],
}
