import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { CheckedServerSettings, Handler } from "../../server/index.ts"
import { ServerConfig } from "../../server/index.ts"
import type { PayloadForm } from "../input/PayloadForm.ts"
import { makeRawServing } from "../output/rawServing.ts"
import type { OutputMode } from "../output/renderers.ts"
import { type CommandFailed, exitCode } from "../process/exit.ts"
import type { OutputClosed, OutputFailed } from "../process/outputErrors.ts"
import type { Stdio } from "../process/stdio.ts"
import { checkProgram } from "../programs/checkProgram.ts"
import { type ProgramSpec, Programs } from "../programs/Programs.ts"
import { programHandler } from "../programs/programHandler.ts"
import { makeOneConversation } from "./oneConversation.ts"
import type { Mode, ServeOptions } from "./serve.ts"
import { halfClosedOf, isRawSink } from "./serveSettings.ts"

/** How the command serves the connections of its clients. */
export interface Serving {
  /** The handler that serves in place of the mode. */
  readonly handler: Handler.FiberHandler<never, never> | undefined
  /** The settings that the handler needs. */
  readonly settings: Partial<CheckedServerSettings>
  readonly halfClosed: Handler.HalfClosed
  /** Whether the output needs the events of the traffic. */
  readonly showsFrames: boolean
  /** Whether standard input goes to all clients. */
  readonly takesInput: boolean
  /** Waits until all bytes of the connections are in the output. The connections must have ended. */
  readonly written: Effect.Effect<void>
  /** The exit code after the last connection. */
  readonly code: Effect.Effect<number, CommandFailed | OutputClosed | OutputFailed>
}

/** The facts that decide how connections are served. */
export interface ServingFacts {
  readonly mode: Mode
  readonly program: Option.Option<ProgramSpec>
  readonly output: OutputMode
  readonly isConsole: boolean
  readonly isForOneClient: boolean
  /** Whether there are rules, which need the frames that a handler would take. */
  readonly hasRules: boolean
  readonly form: PayloadForm
  /** Whether other processes run the connections. */
  readonly hasWorkers: boolean
}

const { frame, maxFrame } = ServerConfig.defaults

// The default of `--max-conns` with a program, which is the default of ncat.
const mostPrograms = 100

/** Limits the number of programs, unless the user has set a limit. */
export const limitOf = ({ maxConns }: CheckedServerSettings, isForOneClient: boolean, mode: Mode): number => {
  if (isForOneClient) return 1
  return mode === "program" && maxConns === ServerConfig.defaults.maxConns ? mostPrograms : maxConns
}

/** Chooses how connections are served. */
export const servingOf = (
  options: ServeOptions,
  read: CheckedServerSettings,
  facts: ServingFacts,
): Effect.Effect<Serving, CommandFailed, Stdio | Scope.Scope> =>
  Effect.gen(function* () {
    const { form, hasRules, hasWorkers, isConsole, isForOneClient, mode, output, program } = facts
    const standard: Serving = {
      handler: undefined,
      settings: {},
      halfClosed: halfClosedOf(mode, options),
      showsFrames: true,
      // Other modes never send standard input. They do not read it either, because the kernel stops a background
      // process that reads its terminal (SIGTTIN, termios(3)).
      takesInput: (mode === "console" || mode === "broker" || mode === "chat") && !isConsole,
      written: Effect.void,
      code: Effect.succeed(exitCode.ok),
    }
    if (Option.isSome(program)) {
      yield* checkProgram(program.value, process.env["PATH"] ?? "")
      const programs = yield* Programs.make
      const handler = yield* programHandler({
        programs,
        spec: program.value,
        isReported: ({ code }) => code !== 0 || output !== "raw",
      })
      // A program reads and writes bytes without frames.
      const settings = { frame, maxFrame }
      // With `-l` and without `--output`, the output mode outside a terminal is raw. The bytes of a client then go only to
      // the program, as in ncat.
      return { ...standard, handler, settings, showsFrames: output !== "raw" || Option.isSome(options.output) }
    }
    if (isForOneClient && mode === "console" && !isConsole && !options.ui && !hasRules) {
      const conversation = yield* makeOneConversation({
        settings: read,
        form,
        output,
        quit: options.quit,
        readsInput: !options.noStdin && !options.recvOnly,
        sendOnly: options.sendOnly,
      })
      return { ...standard, ...conversation, halfClosed: "keep", showsFrames: output !== "raw", takesInput: false }
    }
    // The assistant leaves the frames to the workers.
    if (hasWorkers) return { ...standard, handler: () => Effect.never }
    // The page needs the events of the traffic, which the raw path does not make.
    if (!options.ui && !hasRules && isRawSink(mode, output, options, read)) {
      const { handler, written } = yield* makeRawServing(standard.halfClosed)
      return { ...standard, handler, written, showsFrames: false }
    }
    return standard
  })
