import { readdirSync } from "node:fs"
import { join } from "node:path"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberId from "effect/FiberId"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { RunFailed, startChild } from "./child.ts"
import { compile, compilersIn, type NoCompiler } from "./compile.ts"
import type { Folders } from "./contenders.ts"
import type { LoadArguments } from "./model.ts"

/** The load generator, compiled. */
export interface Generator {
  /** The description in the report. */
  readonly description: string
  readonly command: string
}

/** Compiles the load generator. */
export const makeGenerator = (
  { project, temporary }: Folders,
  compilers = compilersIn(process.env),
): Effect.Effect<Generator, NoCompiler> => {
  const folder = join(project, "bench", "load")
  const sources = readdirSync(folder).filter((name) => name.endsWith(".c"))
  const command = join(temporary, "load-c")
  return Effect.map(
    compile(
      "the load generator",
      sources.map((name) => join(folder, name)),
      command,
      compilers,
    ),
    (version) => ({ description: `in C, built with ${version}`, command }),
  )
}

const optional = Schema.optional(Schema.Number)

/** The last line of the generator. Each workload has its own fields. */
const LoadResult = Schema.Struct({
  phase: Schema.Literal("result"),
  seconds: optional,
  delivered: optional,
  roundTrips: optional,
  connections: optional,
  perSecond: optional,
  lost: optional,
  undelivered: optional,
  missedByDisconnected: optional,
  doubled: optional,
  reordered: optional,
  corrupt: optional,
  torn: optional,
  own: optional,
  disconnected: optional,
  failed: optional,
  cpu: optional,
  /** The share of the window in which the generator had a core. The generator never sleeps in a window. */
  ran: optional,
  longestStallMillis: optional,
  slowestShare: optional,
  /** The round trip of a word between two cores. */
  roundTripNanos: optional,
  latencyMicros: Schema.optional(
    Schema.Struct({
      p50: Schema.Number,
      p99: Schema.Number,
      p999: Schema.Number,
    }),
  ),
})
export type LoadResult = typeof LoadResult.Type

const Line = Schema.parseJson(
  Schema.Union(LoadResult, Schema.Struct({ phase: Schema.Literal("connected", "begin", "end") })),
)
const decodeLine = Schema.decodeUnknownEither(Line)

/** A run of the generator. */
export interface Load {
  /** Waits until all clients are connected. */
  readonly connected: Effect.Effect<void, RunFailed>
  readonly result: Effect.Effect<LoadResult, RunFailed>
}

export interface LoadOptions {
  readonly generator: Generator
  readonly work: "fanout" | "echo" | "churn" | "idle" | "cores"
  readonly load: LoadArguments
  /** Called when the window begins and when it ends. */
  readonly onPhase?: (phase: "begin" | "end") => void
}

/** Starts the generator. The end of the scope ends it. */
export const startLoad = (options: LoadOptions): Effect.Effect<Load, RunFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const { generator, work, load, onPhase } = options
    const connected = Deferred.unsafeMake<void>(FiberId.none)
    const result = Deferred.unsafeMake<LoadResult, RunFailed>(FiberId.none)
    const onOutput = (text: string) => {
      const decoded = decodeLine(text)
      if (Either.isLeft(decoded)) {
        const failure = new RunFailed({
          message: `the load generator printed an unknown line: ${text.slice(0, 100)}`,
        })
        Deferred.unsafeDone(result, failure)
        return
      }
      const line = decoded.right
      if (line.phase === "result") Deferred.unsafeDone(result, Effect.succeed(line))
      else if (line.phase === "connected") Deferred.unsafeDone(connected, Effect.void)
      else onPhase?.(line.phase)
    }
    const child = yield* startChild({
      command: generator.command,
      args: [work, ...Object.entries(load).map(([key, value]) => `${key}=${value}`)],
      onOutput,
      keepsInput: true,
    })
    const failsWhenEnded = Effect.flatMap(child.ended, (how) =>
      Deferred.poll(result).pipe(
        Effect.flatten,
        Effect.flatten,
        Effect.catchTag("NoSuchElementException", () => new RunFailed({ message: `the load generator ${how}` })),
      ),
    )
    return {
      connected: Effect.raceFirst(Deferred.await(connected), Effect.asVoid(failsWhenEnded)),
      result: Effect.raceFirst(Deferred.await(result), failsWhenEnded),
    }
  })
