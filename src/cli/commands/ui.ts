import * as Command from "@effect/cli/Command"
import { argumentsOf, optionsOf, shapesOf } from "../flags/flag.ts"
import type { CommandHelp } from "../flags/help.ts"
import { pageFlags } from "../flags/pageFlags.ts"
import { framingFlags } from "../flags/sharedFlags.ts"

/** The flags of `tcpfx ui`. */
export const uiFlags = { ...pageFlags, ...framingFlags }

const config = { args: argumentsOf("argument"), ...optionsOf(uiFlags) }

/** What a command line of `tcpfx ui` gave. */
export type UiOptions = Command.Command.ParseConfig<typeof config>

/** `tcpfx ui`. */
export const uiCommand = Command.make("ui", config)

/** What `tcpfx ui --help` says. */
export const uiHelp: CommandHelp = {
  usage: "tcpfx ui [options]",
  summary: "Open a page in the browser: servers and clients in windows, with every byte and every client.",
  flags: shapesOf(uiFlags),
  examples: [
    ["tcpfx ui", "open the page; its address is printed too"],
    ["tcpfx ui --no-open --ui-port 8080", "print the address, always at the same port"],
    ["tcpfx ui --ui-host 192.168.1.5 --ui-password-file pw", "a page for the network, with a password"],
    ["ssh -L 8080:127.0.0.1:8080 host tcpfx ui --ui-port 8080", "a page on another machine"],
  ],
  notes: [
    "The address has a token, new at each start: whoever has the address can do everything that the page can.",
    "Servers and clients live as long as this command: a reload of the page, or a second one, finds them again.",
    "Ctrl-C lets the connections come to an orderly end; again ends at once.",
  ],
}
