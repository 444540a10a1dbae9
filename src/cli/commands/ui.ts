import * as Command from "@effect/cli/Command"
import { configFlags } from "../flags/configFlags.ts"
import { argumentsOf, optionsOf, shapesOf } from "../flags/flag.ts"
import type { CommandHelp } from "../flags/help.ts"
import { messageFlags } from "../flags/messageFlags.ts"
import { pageFlags } from "../flags/pageFlags.ts"
import { framingFlags } from "../flags/sharedFlags.ts"

/** The flags of `tcpfx ui`. */
export const uiFlags = { ...pageFlags, ...framingFlags, ...messageFlags, ...configFlags }

const config = { args: argumentsOf("argument"), ...optionsOf(uiFlags) }

/** The values of a command line of `tcpfx ui`. */
export type UiOptions = Command.Command.ParseConfig<typeof config>

/** `tcpfx ui`. */
export const uiCommand = Command.make("ui", config)

/** The help of `tcpfx ui`. */
export const uiHelp: CommandHelp = {
  usage: "tcpfx ui [options]",
  summary: "Open a page in the browser with servers and clients in windows.",
  flags: shapesOf(uiFlags),
  examples: [
    ["tcpfx ui", "open the page and print its address"],
    ["tcpfx ui --no-open --ui-port 8080", "only print the address, with a fixed port"],
    ["tcpfx ui --ui-host 192.168.1.5 --ui-password-file pw", "a page for the network, with a password"],
    ["ssh -L 8080:127.0.0.1:8080 host tcpfx ui --ui-port 8080", "a page on another machine"],
  ],
  notes: [
    "The address contains a token, new at each start. A user with the address can do all that the page can do.",
    "Servers and clients live as long as this command: they survive a reload of the page.",
    "Ctrl-C flushes and closes the connections. A second Ctrl-C ends the command at once.",
  ],
}
