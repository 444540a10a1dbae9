import * as Command from "@effect/cli/Command"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import { connectCommand, connectHelp } from "../../src/cli/commands/connect.ts"
import { ctlCommand, ctlHelp } from "../../src/cli/commands/ctl.ts"
import { interfacesCommand, interfacesHelp } from "../../src/cli/commands/interfaces.ts"
import { serveCommand, serveHelp } from "../../src/cli/commands/serve.ts"
import { topCommand, topHelp } from "../../src/cli/commands/top.ts"
import { uiCommand, uiHelp } from "../../src/cli/commands/ui.ts"
import { normalize } from "../../src/cli/flags/argv.ts"
import type { CommandShapes } from "../../src/cli/flags/habits.ts"

/** The flags of each command. */
export const commandShapes: CommandShapes = {
  serve: serveHelp.flags,
  connect: connectHelp.flags,
  ui: uiHelp.flags,
  top: topHelp.flags,
  ctl: ctlHelp.flags,
  interfaces: interfacesHelp.flags,
}

const parser = Command.make("tcpfx").pipe(
  Command.withSubcommands([
    Command.withHandler(serveCommand, () => Effect.void),
    Command.withHandler(connectCommand, () => Effect.void),
    Command.withHandler(uiCommand, () => Effect.void),
    Command.withHandler(topCommand, () => Effect.void),
    Command.withHandler(ctlCommand, () => Effect.void),
    Command.withHandler(interfacesCommand, () => Effect.void),
  ]),
  Command.run({ name: "tcpfx", version: "0" }),
)

/** Parses a command line as `tcpfx` does, and runs nothing. Returns the reason if the command line is wrong. */
export const parseCommandLine = (args: ReadonlyArray<string>): Exit.Exit<void, unknown> => {
  const normalized = normalize(args, commandShapes)
  if (Either.isLeft(normalized)) return Exit.fail(normalized.left)
  const parsing = parser(["node", "tcpfx", ...normalized.right])
  const silently = Effect.flatMap(Effect.console, (console) =>
    Effect.withConsole(parsing, { ...console, log: () => Effect.void, error: () => Effect.void }),
  )
  return Effect.runSyncExit(Effect.provide(silently, NodeContext.layer))
}
