import { availableParallelism } from "node:os"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { parseYesNo } from "../../domain/index.ts"
import { variable } from "../../runtime/variable.ts"
import type { CheckedServerSettings, Handler } from "../../server/index.ts"
import { canHandOver } from "../../transport/handOver.ts"
import { type Crew, makeCrew, type WorkerMode } from "../../workers/index.ts"
import type { Mode, ServeOptions } from "../commands/serve.ts"
import { environmentError } from "../flags/given.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { ServerTls } from "../tls/server.ts"

/** The facts that decide whether a server can have several processes. */
export interface WorkerFacts {
  readonly mode: Mode
  readonly settings: CheckedServerSettings
  readonly isForOneClient: boolean
  readonly hasRules: boolean
}

/** The number of worker processes; `undefined` without `--workers`. */
export const workersOf = ({ workers }: Pick<ServeOptions, "workers">): number | undefined =>
  Option.getOrUndefined(Option.map(workers, (count) => (count === "auto" ? availableParallelism() : count)))

/** Refuses everything that does not work across processes, so that nothing works only in part. */
export const checkWorkers = (options: ServeOptions, facts: WorkerFacts): Effect.Effect<void, CommandFailed> =>
  Effect.gen(function* () {
    if (Option.isNone(options.workers)) return
    const { settings } = facts
    const refused: ReadonlyArray<readonly [isRefused: boolean, why: string]> = [
      [facts.isForOneClient, "-l alone serves one client; give -k too"],
      [Option.isSome(options.history), "--history keeps its frames in one process"],
      [options.inetd, "--inetd serves one accepted connection"],
      [facts.mode === "chat", "--mode chat keeps its names and lines in one process"],
      [facts.mode === "program", "the programs of --exec and --sh-exec run in one process"],
      [facts.hasRules, "rules act in the process that reads the frames; leave --rule and --rules out"],
      [Number.isFinite(settings.maxRateInAll), "--max-rate-in-all is counted in one process; --max-rate works"],
      [Number.isFinite(settings.maxPending), "--max-pending is counted in one process; --hub-budget works"],
      [Option.isSome(options.tlsKeyLog), "--tls-keylog is written by one process"],
      [yield* usesStreams, "TCPFX_NODE_STREAMS keeps the sockets in one process"],
      [!canHandOver(), `Node ${process.version} is not known to pass sockets on`],
    ]
    const found = refused.find(([isRefused]) => isRefused)
    if (found !== undefined) return yield* usageError(`--workers: ${found[1]}`)
  })

const usesStreams = Effect.mapError(variable("NODE_STREAMS", parseYesNo, false), environmentError)

/** The options of a crew. */
export interface CrewFacts {
  readonly count: number
  readonly mode: WorkerMode
  readonly halfClosed: Handler.HalfClosed
  readonly tls: ServerTls | undefined
}

/** The workers of a server. Each runs `tcpfx __worker`, with the Node of this process. */
export const crewOf = ({ count, halfClosed, mode, tls }: CrewFacts): Crew =>
  makeCrew({
    ...{ count, halfClosed, mode },
    command: [process.execPath, process.argv[1] ?? "", "__worker"],
    optionsOf: (acceptor) => {
      const options = tls?.optionsOf(acceptor)
      if (options === undefined) throw new Error("the options of an acceptor are unknown")
      return options
    },
  })

/** The mode of the workers. The console is in the main process, so its workers only read. */
export const workerMode = (mode: Mode, reply: Uint8Array | undefined): WorkerMode => {
  if (mode === "reply") return { reply: reply ?? new Uint8Array(0) }
  return mode === "broker" || mode === "echo" ? mode : "discard"
}
