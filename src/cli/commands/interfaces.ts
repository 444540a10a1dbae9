import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { escapeControls, eventLineVersion } from "../../domain/index.ts"
import { interfaceAddresses } from "../../transport/index.ts"
import { argumentsOf, oneOf, optionsOf, refuseArguments, shapesOf, value } from "../flags/flag.ts"
import type { CommandHelp } from "../flags/help.ts"
import { exitCode } from "../process/exit.ts"
import { Stdio } from "../process/stdio.ts"

/** The flags of `tcpfx interfaces`. */
export const interfacesFlags = {
  output: value("output", "text|json", oneOf("text", "json"), {
    help: "text (default): a table; json: one address per line.",
  }),
}

/** `tcpfx interfaces`. */
export const interfacesCommand = Command.make("interfaces", {
  args: argumentsOf("argument"),
  ...optionsOf(interfacesFlags),
})

/** The help of `tcpfx interfaces`. */
export const interfacesHelp: CommandHelp = {
  usage: "tcpfx interfaces [options]",
  summary: "List the addresses of this machine, IPv4 first.",
  flags: shapesOf(interfacesFlags),
  examples: [["tcpfx interfaces", "a table"]],
}

interface InterfacesOptions {
  readonly args: ReadonlyArray<string>
  readonly output: Option.Option<"text" | "json">
}

/** Runs `tcpfx interfaces`. Returns the exit code. */
export const runInterfaces = (options: InterfacesOptions) =>
  Effect.gen(function* () {
    yield* refuseArguments("interfaces", options.args)
    const stdio = yield* Stdio
    const addresses = yield* interfaceAddresses
    const width = Math.max(0, ...addresses.map(({ address }) => address.length))
    const lines = addresses.map((entry) =>
      Option.contains(options.output, "json")
        ? JSON.stringify({ v: eventLineVersion, _tag: "InterfaceAddress", ...entry })
        : `${escapeControls(entry.address).padEnd(width)}  ${escapeControls(entry.name)}${entry.loopback ? "  (only this machine)" : ""}`,
    )
    yield* stdio.writeLines(lines.map((line) => `${line}\n`).join(""))
    return exitCode.ok
  })
