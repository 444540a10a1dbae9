import * as Command from "@effect/cli/Command"
import { controlFlags } from "../flags/controlFlags.ts"
import { argumentsOf, oneOf, optionsOf, shapesOf, value } from "../flags/flag.ts"
import type { CommandHelp } from "../flags/help.ts"

/** The flags of `tcpfx ctl`. */
export const ctlFlags = {
  ...controlFlags,
  output: value("output", "text|json", oneOf("text", "json"), {
    help: "text (default): for people; json: the answer of the server, as one line of JSON.",
  }),
}

const config = { args: argumentsOf("command"), ...optionsOf(ctlFlags) }

/** The values of a command line of `tcpfx ctl`. */
export type CtlOptions = Command.Command.ParseConfig<typeof config>

/** `tcpfx ctl`. */
export const ctlCommand = Command.make("ctl", config)

/** The help of `tcpfx ctl`. */
export const ctlHelp: CommandHelp = {
  usage: "tcpfx ctl [options] COMMAND",
  summary: "Send a command to a running server, and print its answer.",
  flags: shapesOf(ctlFlags),
  examples: [
    ["tcpfx ctl summary", "the state of the server that runs with --control auto"],
    ["tcpfx ctl connections sort=rate count=10", "the ten busiest clients"],
    ["tcpfx ctl send @all 'good night\\n'", "send a text to every client"],
    ["tcpfx ctl --control /run/tcpfx.control drain", "close all connections, and end the server"],
    ["tcpfx ctl help", "all commands"],
  ],
  notes: [
    "Everything after the first word of COMMAND belongs to the command. The words are joined with a space between them.",
    "Exit codes: 0 done; 1 the server refused the command, or cannot be reached; 2 the command is not valid.",
  ],
}
