import * as Command from "@effect/cli/Command"
import { configFlags } from "../flags/configFlags.ts"
import { anyText, argumentsOf, oneOf, optionsOf, shapesOf, toggle, value } from "../flags/flag.ts"
import type { CommandHelp } from "../flags/help.ts"

/** The flags of `tcpfx config`. */
export const explainFlags = {
  path: toggle("path", { help: "Print only the paths of the files." }),
  output: value("output", "text|json", oneOf("text", "json"), {
    help: "text (default): a table; json: one value per line.",
  }),
  project: value("project", "PATH", anyText, {
    help: "The project file (default: tcpfx.yaml in this folder).",
  }),
  ...configFlags,
}

const config = { args: argumentsOf("command"), ...optionsOf(explainFlags) }

/** The values of a command line of `tcpfx config`. */
export type ExplainOptions = Command.Command.ParseConfig<typeof config>

/** `tcpfx config`. */
export const configCommand = Command.make("config", config)

/** The help of `tcpfx config`. */
export const configHelp: CommandHelp = {
  usage: "tcpfx config [serve|connect|ui] [options], tcpfx config [options] -- COMMAND LINE",
  summary: "Show the value of each flag and where it comes from: a file, a variable or a default.",
  flags: shapesOf(explainFlags),
  examples: [
    ["tcpfx config serve", "the values of the flags of tcpfx serve"],
    ["tcpfx config -- serve 9000 --frame line", "the values for this command line"],
    ["tcpfx config --path", "the files that are read"],
  ],
}
