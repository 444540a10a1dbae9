import * as Command from "@effect/cli/Command"
import { parseDeadline } from "../../domain/index.ts"
import { automationFlags } from "../flags/automationFlags.ts"
import { checkFlags } from "../flags/checkFlags.ts"
import { configFlags } from "../flags/configFlags.ts"
import { deadlineFlags } from "../flags/deadlineFlags.ts"
import { familyFlags } from "../flags/familyFlags.ts"
import { anyText, argumentsOf, optionsOf, shapesOf, value, values } from "../flags/flag.ts"
import type { CommandHelp } from "../flags/help.ts"
import { logFlags } from "../flags/logFlags.ts"
import { messageFlags } from "../flags/messageFlags.ts"
import { netcatConnectFlags } from "../flags/netcatFlags.ts"
import { attachFlags } from "../flags/pageFlags.ts"
import { payloadFlags } from "../flags/payloadFlags.ts"
import { programFlags } from "../flags/programFlags.ts"
import { reconnectFlags } from "../flags/reconnectFlags.ts"
import { routeFlags } from "../flags/routeFlags.ts"
import { endpointFlags, framingFlags, outputFlag, plainFlag } from "../flags/sharedFlags.ts"
import { talkFlags } from "../flags/talkFlags.ts"
import { telnetFlags } from "../flags/telnetFlags.ts"
import { clientTlsFlags } from "../flags/tlsFlags.ts"
import { viewFlags } from "../flags/viewFlags.ts"
import { watchFlags } from "../flags/watchFlags.ts"

/** The flags of `tcpfx connect`. */
export const connectFlags = {
  ...endpointFlags,
  ...familyFlags,
  send: values("send", "TEXT", anyText, {
    help: "Send TEXT instead of standard input, with escapes such as \\n. May be given several times.",
  }),
  ...payloadFlags,
  ...automationFlags,
  ...talkFlags,
  ...checkFlags,
  timeout: value("connect-timeout", "TIME", parseDeadline, {
    alias: "w",
    help: "How long connecting may take, with all addresses of the name (default 10s). With --until or --once: how long the condition may then take, too (default: no limit).",
  }),
  ...netcatConnectFlags,
  ...programFlags("server"),
  ...reconnectFlags,
  ...routeFlags,
  ...deadlineFlags("server"),
  ...telnetFlags,
  ...clientTlsFlags,
  ...framingFlags,
  output: outputFlag("text in a terminal or with a flag for rows, else raw"),
  ...viewFlags,
  plain: plainFlag,
  ...logFlags,
  ...watchFlags("client"),
  ...attachFlags,
  ...messageFlags,
  ...configFlags,
}

const config = { args: argumentsOf("endpoint"), ...optionsOf(connectFlags) }

/** The values of the flags of `tcpfx connect`. */
export type ConnectOptions = Command.Command.ParseConfig<typeof config>

/** `tcpfx connect`. */
export const connectCommand = Command.make("connect", config)

/** The help of `tcpfx connect`. */
export const connectHelp: CommandHelp = {
  usage: "tcpfx connect [host] [port] [options]",
  summary: "Connect, send standard input, and show what the server sends.",
  flags: shapesOf(connectFlags),
  examples: [
    ["tcpfx connect 127.0.0.1 12345", "talk to a server"],
    ["tcpfx connect --send 'Hello, server!' --once", "send a text, print the reply, exit"],
    ["tcpfx connect plc-1:502 --reconnect", "stay connected"],
    ["tcpfx connect -z -w 2 db 5432", "exit with 0 if the port is open"],
    ["tcpfx connect host:9000 <file >reply", "send a file, keep the reply"],
    ["tcpfx connect mail.example:587 --starttls smtp --crlf", "talk to a mail server after STARTTLS"],
  ],
  notes: [
    "An endpoint is host port, host:port, :port, a port, [ipv6]:port, unix:/path or unix:@name (an abstract name of Linux).",
    "The default is 127.0.0.1:12345.",
    "At the end of the input the client sends FIN (unless --no-shutdown), then waits until the server closes (-q: for TIME).",
    "With --ui the command stays after the connection ends. Without a console, the end of the input then sends no FIN.",
  ],
}
