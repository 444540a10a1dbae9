import { makeTable } from "../completions/makeTable.ts"
import { type CommandHelp, commandHelp, programHelp } from "../flags/help.ts"
import { reasons } from "../process/outputErrors.ts"
import { configHelp } from "./config.ts"
import { connectHelp } from "./connect.ts"
import { ctlHelp } from "./ctl.ts"
import { interfacesHelp } from "./interfaces.ts"
import { serveHelp } from "./serve.ts"
import { topHelp } from "./top.ts"
import { uiHelp } from "./ui.ts"

/** The purpose of the program, in one line. */
export const summary = "talk TCP in real time: listen, connect, see every byte and every connection's state"

/** The commands by name. */
export const commands: Readonly<Record<string, CommandHelp>> = {
  serve: serveHelp,
  connect: connectHelp,
  ui: uiHelp,
  top: topHelp,
  ctl: ctlHelp,
  interfaces: interfacesHelp,
  config: configHelp,
}

/**
 * Every help text by its arguments: `--help`, `serve --help` and so on. The build stores them beside the bundle, so
 * that `bin/tcpfx.cjs` prints them without loading the command.
 */
export const helpTexts = (version: string): Readonly<Record<string, string>> => ({
  "--help": programHelp(version, summary, commands),
  ...Object.fromEntries(Object.entries(commands).map(([name, help]) => [`${name} --help`, commandHelp(help)])),
})

/** The table of the completions, which the build stores beside the bundles. */
export const completionTable = () => makeTable(commands)

/**
 * The data that `bin/tcpfx.cjs` needs to print help without the bundle: the texts, and the reasons of failed writes.
 */
export const preparedHelp = (version: string) => ({ texts: helpTexts(version), reasons })
