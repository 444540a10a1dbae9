import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Terminal from "@effect/platform/Terminal"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import type * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Record from "effect/Record"
import { SettingsError } from "../domain/index.ts"
import type { CommandParts } from "./CommandParts.ts"
import { configCommand } from "./commands/config.ts"
import { connectCommand } from "./commands/connect.ts"
import { ctlCommand } from "./commands/ctl.ts"
import { commands, helpTexts, summary } from "./commands/helpTexts.ts"
import { interfacesCommand, runInterfaces } from "./commands/interfaces.ts"
import { runCheck } from "./commands/runCheck.ts"
import { runConfig } from "./commands/runConfig.ts"
import { runConnect } from "./commands/runConnect.ts"
import { serveCommand } from "./commands/serve.ts"
import { topCommand } from "./commands/top.ts"
import { uiCommand } from "./commands/ui.ts"
import { shells } from "./completions/answer.ts"
import { scripts } from "./completions/scripts.ts"
import { applyDefaults, withOrigins } from "./defaults/applyDefaults.ts"
import { ReceivedDefaults } from "./defaults/Default.ts"
import { normalize } from "./flags/argv.ts"
import { checkVariables } from "./flags/given.ts"
import { applyMessageFlags } from "./flags/messageFlags.ts"
import { CommandFailed, exitCode, networkError, signalExitCode, usageError } from "./process/exit.ts"
import { OutputClosed } from "./process/outputErrors.ts"
import * as Signals from "./process/signals.ts"
import * as Sockets from "./process/sockets.ts"
import * as Stdio from "./process/stdio.ts"
import { version } from "./version.ts"

const shapes = Record.map(commands, (help) => help.flags)

/**
 * Runs a command line (without `node` and the script), and returns the exit code. Reports each failure to the user in
 * one line.
 */
export const run = (
  args: ReadonlyArray<string>,
  { assistedConnect, page, runServe, watching }: CommandParts,
): Effect.Effect<number, CommandFailed, Stdio.Stdio> =>
  Effect.gen(function* () {
    // `tcpfx config` explains the command line after `--`, so that command line is parsed separately.
    const split = args[0] === "config" ? args.indexOf("--") : -1
    const normalized = yield* normalize(split < 0 ? args : args.slice(0, split), shapes)
    const help = helpAsked(normalized) ?? completionsAsked(normalized)
    if (help !== undefined) {
      yield* Effect.flatMap(Stdio.Stdio, (stdio) => stdio.writeLines(help))
      return exitCode.ok
    }
    let code = 0
    const record = <E, R>(command: Effect.Effect<number, E, R>) =>
      Effect.zipRight(
        checkVariables(process.env),
        Effect.map(command, (result) => {
          code = result
        }),
      )
    const root = Command.make("tcpfx").pipe(
      Command.withDescription(summary),
      Command.withSubcommands([
        Command.withHandler(serveCommand, (options) => record(runServe(options, page))),
        Command.withHandler(connectCommand, (options) =>
          record(options.check ? runCheck(options) : runConnect(options, page, assistedConnect)),
        ),
        Command.withHandler(uiCommand, (options) => record(page.runUi(options))),
        Command.withHandler(topCommand, (options) => record(watching.runTop(options, shapes))),
        Command.withHandler(ctlCommand, (options) => record(watching.runCtl(options, shapes))),
        Command.withHandler(interfacesCommand, (options) => record(runInterfaces(options))),
        Command.withHandler(configCommand, (options) =>
          record(runConfig(options, split < 0 ? undefined : args.slice(split + 1), shapes)),
        ),
      ]),
    )
    const { log } = yield* Stdio.Stdio
    applyMessageFlags(normalized, log)
    const { received, words } = yield* applyDefaults(normalized, shapes)
    applyMessageFlags(words, log)
    yield* Command.run(root, { name: "tcpfx", version })(["node", "tcpfx", ...words]).pipe(
      Effect.provideService(ReceivedDefaults, received),
      Effect.mapError((error) => (error instanceof CommandFailed ? withOrigins(error, received) : error)),
    )
    return code
  }).pipe(
    Effect.catchAll((error) => {
      if (error instanceof CommandFailed) return Effect.fail(error)
      if (error instanceof Signals.EndedBySignal) return Effect.succeed(signalExitCode[error.signal])
      if (error instanceof OutputClosed) {
        return Effect.succeed(error.by === "reader" ? exitCode.ok : signalExitCode.SIGHUP)
      }
      if (ValidationError.isValidationError(error))
        return Effect.fail(usageError(oneLine(HelpDoc.toAnsiText(error.error))))
      return Effect.fail(error instanceof SettingsError ? usageError(error.message) : networkError(error.message))
    }),
    (program) =>
      Effect.flatMap(Effect.flatMap(Stdio.Stdio, consoleOf), (console) => Effect.withConsole(program, console)),
    Effect.provide([Sockets.layer, Signals.layer, NodeFileSystem.layer, NodePath.layer, noTerminal]),
  )

// @effect/cli requires a terminal for prompts, which this command does not have. The terminal of the platform uses
// process.stdin and process.stdout, which changes the mode of descriptors that other programs share
// (StandardStreams.ts).
const noTerminal = Layer.succeed(
  Terminal.Terminal,
  Terminal.Terminal.of({
    columns: Effect.succeed(0),
    rows: Effect.succeed(0),
    isTTY: Effect.succeed(false),
    readInput: Effect.dieMessage("no prompts"),
    readLine: Effect.dieMessage("no prompts"),
    display: () => Effect.void,
  }),
)

// The help of @effect/cli says only that every flag is an optional text, so this command prints its own help.
const helpAsked = (args: ReadonlyArray<string>): string | undefined => {
  const [head = "", second] = args
  return head === "--help" || second === "--help" ? helpTexts(version)[args.slice(0, 2).join(" ")] : undefined
}

// The completions of @effect/cli know neither the values of flags nor the names of this machine.
const completionsAsked = ([head, name]: ReadonlyArray<string>): string | undefined => {
  const shell = name === "sh" ? "bash" : shells.find((known) => known === name)
  return head === "--completions" && shell !== undefined ? scripts[shell] : undefined
}

const colourCodes = /\u001b\[[0-9;]*m/g

const oneLine = (text: string): string => text.replace(colourCodes, "").replace(/\s+/g, " ").trim()

/**
 * The console of `@effect/cli`. It removes colour codes if standard output must not have them. It drops errors, because
 * `@effect/cli` prints each of them twice and `start` prints it once.
 */
const consoleOf = (stdio: Stdio.StdioService): Effect.Effect<Console.Console> =>
  Effect.map(Effect.console, (console) => ({
    ...console,
    error: () => Effect.void,
    log: (...parts: ReadonlyArray<unknown>) => {
      const text = parts.map(String).join(" ")
      const shown = stdio.colour.output ? text : text.replace(colourCodes, "")
      return Effect.ignore(stdio.writeLines(`${shown.trimEnd()}\n`))
    },
  }))
