import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { escapeControls, formatEndpoint, type UnixEndpoint, unixEndpoint } from "../../domain/index.ts"
import type { Transport } from "../../transport/index.ts"
import { strongest } from "../defaults/precedence.ts"
import { readFiles, sourcesOf } from "../defaults/sources.ts"
import { automaticPath, parseControlPath } from "../flags/controlPath.ts"
import type { CommandShapes } from "../flags/habits.ts"
import { type CommandFailed, networkError, usageError } from "../process/exit.ts"
import type { EndedBySignal, Signals } from "../process/signals.ts"
import type { Stdio } from "../process/stdio.ts"
import { type ControlClient, connectControl } from "./ControlClient.ts"
import { folderProblem, runtimeFolder, socketsIn } from "./runtimeFolder.ts"

/** A running server. */
export interface FoundServer {
  readonly path: string
  readonly client: ControlClient
}

const noServer = (folder: string) =>
  networkError(
    `no server was found in ${folder}; start one with tcpfx serve --control auto, or name its socket with --control PATH`,
  )

/** The control socket that files and variables set for `tcpfx serve`. `undefined`: none, or `auto`. */
const configured = (
  commands: CommandShapes,
): Effect.Effect<UnixEndpoint | undefined, CommandFailed | EndedBySignal, Stdio | Signals> =>
  Effect.gen(function* () {
    const files = yield* readFiles({ config: undefined, project: undefined }, commands, false)
    const { layers } = yield* sourcesOf("serve", files, commands)
    const path = strongest(layers, []).find(({ name }) => name === "control")?.values[0]
    if (path === undefined || path === automaticPath) return undefined
    return yield* Either.mapLeft(parseControlPath(path), ({ message }) => usageError(`--control: ${message}`))
  })

const describe = ({ client, path }: FoundServer): Effect.Effect<string> =>
  Effect.match(Effect.timeout(client.ask("summary"), "2 seconds"), {
    onFailure: () => `${path} (does not answer)`,
    onSuccess: ({ listening }) => `${path} (${Array.isArray(listening) ? listening.join(", ") || "idle" : "?"})`,
  })

/** Connects to the only server in the folder of `--control auto`. */
const only: Effect.Effect<FoundServer, CommandFailed, Scope.Scope | Transport> = Effect.gen(function* () {
  const folder = runtimeFolder(process.env)
  const paths = socketsIn(folder)
  if (paths.length === 0) return yield* noServer(folder)
  const problem = folderProblem(folder)
  if (problem !== undefined) return yield* usageError(`the folder ${folder} cannot be used: ${problem}`)
  const tried = yield* Effect.forEach(paths, (path) =>
    Effect.option(Effect.map(connectControl(unixEndpoint(path)), (client): FoundServer => ({ path, client }))),
  )
  // A server that was killed has left its socket.
  const [first, ...others] = tried.flatMap((found) => (found._tag === "Some" ? [found.value] : []))
  if (first === undefined) return yield* noServer(folder)
  if (others.length === 0) return first
  const described = yield* Effect.forEach([first, ...others], describe, { concurrency: "unbounded" })
  return yield* usageError(
    `${described.length} servers run; name one with --control: ${escapeControls(described.join(", "))}`,
  )
})

/** Connects to the server of `--control`, of the defaults of `serve --control`, or to the only server with `auto`. */
export const findServer = (
  control: Option.Option<UnixEndpoint | undefined>,
  commands: CommandShapes,
): Effect.Effect<FoundServer, CommandFailed | EndedBySignal, Scope.Scope | Signals | Stdio | Transport> =>
  Effect.gen(function* () {
    const endpoint = control._tag === "Some" ? control.value : yield* configured(commands)
    if (endpoint === undefined) return yield* only
    return { path: formatEndpoint(endpoint), client: yield* connectControl(endpoint) }
  })
