import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { RunFailed } from "./child.ts"
import type { Protocol } from "./contenders.ts"
import type { Cores } from "./cores.ts"
import { type Generator, type LoadResult, startLoad } from "./load.ts"
import { addFaults, type Fault, type Faults, faultNames, type LoadArguments, type Metrics, type Row } from "./model.ts"
import { cpuNanos } from "./procfs.ts"
import { type Launch, type RunningServer, startServer } from "./server.ts"

export interface Task {
  readonly row: Row
  readonly launch: Launch
  readonly protocol: Protocol
  readonly generator: Generator
  readonly cores: Cores
  /** The arguments that replace those of the row. */
  readonly load: LoadArguments
  readonly seconds: number
  readonly warmup: number
  /** The time for memory to settle before it is read. */
  readonly settle: Duration.Duration
}

/** The time that a load may take besides its warm-up and its window: to connect, to settle and to end. In seconds. */
export const allowance = 40

/** Runs in a scope of its own, so that the processes of the run end with it. The run fails after a deadline. */
export const ownRun = <A, R>(task: Task, run: Effect.Effect<A, RunFailed, R>) => {
  const limit = Duration.seconds(task.warmup + task.seconds + allowance)
  return Effect.scoped(run).pipe(
    Effect.timeoutFail({
      duration: limit,
      onTimeout: () => new RunFailed({ message: `the run took longer than ${Duration.toSeconds(limit)} s` }),
    }),
  )
}

export const mebibytes = (bytes: number): number => bytes / 1024 ** 2

const faultsIn = (result: LoadResult): Faults => {
  const found: Partial<Record<Fault, number>> = {}
  for (const name of faultNames) if (result[name] !== undefined) found[name] = result[name]
  return found
}

/** Drops the metrics without a value. */
export const known = (values: { readonly [K in keyof Metrics]: Metrics[K] | undefined }): Metrics => {
  const metrics: { -readonly [K in keyof Metrics]: Metrics[K] } = {}
  for (const [name, value] of Object.entries(values)) if (value !== undefined) Object.assign(metrics, { [name]: value })
  return metrics
}

type TrafficWork = "fanout" | "echo" | "churn"

/** The result of a load. The load was repeated while the cores were apart. */
export interface Traffic {
  readonly metrics: Metrics
  readonly result: LoadResult
  /** The faults of the repeated runs. */
  readonly faultsBefore?: Faults
  readonly apart?: boolean
}

/** Runs a load with a window against a server of its own. */
export const traffic = (task: Task, work: TrafficWork): Effect.Effect<Traffic, RunFailed> =>
  whileTogether(
    task,
    Effect.flatMap(startServer(task.launch), (server) => trafficOnce(task, server, work, {})),
  )

/** Runs a load with a window against a running server. `extra` replaces arguments of the task. */
export const trafficWith = (
  task: Task,
  server: RunningServer,
  work: TrafficWork,
  extra: LoadArguments,
): Effect.Effect<Traffic, RunFailed> => whileTogether(task, trafficOnce(task, server, work, extra))

const whileTogether = (task: Task, once: Effect.Effect<Traffic, RunFailed, Scope.Scope>) =>
  Effect.map(
    task.cores.together(ownRun(task, once)),
    ({ value, apart, dropped }): Traffic => ({
      ...value,
      ...(apart ? { apart } : {}),
      ...(dropped.length === 0 ? {} : { faultsBefore: addFaults(dropped.map(allFaults)) }),
    }),
  )

/** The faults of the last run and of the repeated runs. */
export const allFaults = ({ result, faultsBefore = {} }: Traffic): Faults => addFaults([faultsIn(result), faultsBefore])

const trafficOnce = Effect.fnUntraced(function* (
  task: Task,
  server: RunningServer,
  work: TrafficWork,
  extra: LoadArguments,
) {
  const cpu: Record<"begin" | "end", number | undefined> = { begin: undefined, end: undefined }
  const load = yield* startLoad({
    generator: task.generator,
    work,
    load: {
      ...task.row.load,
      ...task.load,
      ...extra,
      ...(work === "fanout" ? { proto: task.protocol } : {}),
      port: server.port,
      warmup: task.warmup,
      seconds: task.seconds,
      limit: Math.ceil(task.warmup + task.seconds + allowance),
    },
    onPhase: (phase) => {
      cpu[phase] = cpuNanos(server.pid)
    },
  })
  const result = yield* Effect.raceFirst(load.result, server.failed)
  const used = cpu.begin === undefined || cpu.end === undefined ? undefined : cpu.end - cpu.begin
  const units = result.delivered ?? result.roundTrips ?? result.connections ?? 0
  const peak = server.peak()
  const traffic: Traffic = {
    result,
    metrics: known({
      perSecond: result.perSecond,
      cpuNanosPerUnit: used === undefined || units === 0 ? undefined : used / units,
      serverCpu: used === undefined || result.seconds === undefined ? undefined : used / 1e9 / result.seconds,
      rssPeakMiB: peak === undefined ? undefined : mebibytes(peak),
      p50Micros: result.latencyMicros?.p50,
      p99Micros: result.latencyMicros?.p99,
      p999Micros: result.latencyMicros?.p999,
      longestStallMillis: result.longestStallMillis,
      slowestShare: result.slowestShare,
    }),
  }
  return traffic
})
