import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { RunFailed } from "./child.ts"
import type { Protocol } from "./contenders.ts"
import type { Cores } from "./cores.ts"
import { type Generator, type LoadResult, startLoad } from "./load.ts"
import {
  addFaults,
  type Fault,
  type Faults,
  faultNames,
  type LoadArguments,
  type Measurement,
  type Metrics,
  type Row,
} from "./model.ts"
import { cpuNanos, openFiles, rssBytes } from "./procfs.ts"
import { type Launch, type RunningServer, startServer } from "./server.ts"
import { rotate } from "./statistics.ts"

export interface Task {
  readonly row: Row
  readonly launch: Launch
  readonly protocol: Protocol
  readonly generator: Generator
  readonly cores: Cores
  /** Which of the row's runs it is, from 0. */
  readonly run: number
  /** What differs from the row's own load. */
  readonly load: LoadArguments
  readonly seconds: number
  readonly warmup: number
  /** How long memory may settle before it is read. */
  readonly settle: Duration.Duration
}

/** Seconds that connecting, settling and ending may take beside the window. */
const allowance = 40

/** One contender does the work of one row once. What goes wrong is part of the answer. */
export const measure = (task: Task): Effect.Effect<Measurement> =>
  works[task.row.work](task).pipe(
    Effect.catchTag("RunFailed", ({ message }) => Effect.succeed<Measurement>({ _tag: "Failed", reason: message })),
  )

/** A run with a server and a generator of its own, which end with it. */
const ownRun = <A, R>(task: Task, run: Effect.Effect<A, RunFailed, R>) => {
  const limit = Duration.seconds(task.warmup + task.seconds + allowance)
  return Effect.scoped(run).pipe(
    Effect.timeoutFail({
      duration: limit,
      onTimeout: () => new RunFailed({ message: `not done within ${Duration.toSeconds(limit)} s` }),
    }),
  )
}

const mebibytes = (bytes: number): number => bytes / 1024 ** 2

const faultsIn = (result: LoadResult): Faults => {
  const found: Partial<Record<Fault, number>> = {}
  for (const name of faultNames) if (result[name] !== undefined) found[name] = result[name]
  return found
}

/** The metrics whose values are known. */
const known = (values: { readonly [K in keyof Metrics]: Metrics[K] | undefined }): Metrics => {
  const metrics: { -readonly [K in keyof Metrics]: Metrics[K] } = {}
  for (const [name, value] of Object.entries(values)) if (value !== undefined) Object.assign(metrics, { [name]: value })
  return metrics
}

export interface Traffic {
  readonly metrics: Metrics
  readonly result: LoadResult
  /** What went wrong in runs that were repeated. */
  readonly faultsBefore?: Faults
  readonly apart?: boolean
}

/** Runs a load with a window against a server of its own. */
const traffic = (task: Task, work: "fanout" | "echo" | "churn", extra: LoadArguments = {}) =>
  Effect.map(
    task.cores.together(ownRun(task, trafficOnce(task, work, extra))),
    ({ value, apart, dropped }): Traffic => ({
      ...value,
      ...(apart ? { apart } : {}),
      ...(dropped.length === 0 ? {} : { faultsBefore: addFaults(dropped.map(allFaults)) }),
    }),
  )

const allFaults = ({ result, faultsBefore = {} }: Traffic): Faults => addFaults([faultsIn(result), faultsBefore])

const trafficOnce = Effect.fnUntraced(function* (task: Task, work: "fanout" | "echo" | "churn", extra: LoadArguments) {
  const server = yield* startServer(task.launch)
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

/** A server that does nothing has no figure. */
const doneIn = (done: Traffic): Effect.Effect<Measurement, RunFailed> =>
  done.metrics.perSecond === 0
    ? new RunFailed({ message: "nothing was done in the window" })
    : Effect.succeed(measured(done))

const measured = (done: Traffic): Measurement => {
  const { metrics, result, apart } = done
  return {
    _tag: "Measured",
    metrics,
    faults: allFaults(done),
    ...(apart === undefined ? {} : { apart }),
    generatorCpu: result.cpu ?? 0,
    ...(result.ran === undefined ? {} : { generatorRan: result.ran }),
  }
}

const halves = ["without", "one"] as const
type Half = (typeof halves)[number]

/** The same work without and with one subscriber that never reads. */
const stalled = Effect.fnUntraced(function* (task: Task) {
  const found: Partial<Record<Half, Traffic>> = {}
  // Whichever comes second finds a machine that has been busy for longer: over the runs that evens out.
  for (const half of rotate(halves, task.run)) {
    found[half] = yield* traffic(task, "fanout", half === "one" ? { stalled: 1 } : {})
  }
  const { without, one } = found
  if (without === undefined || one === undefined) return yield* Effect.dieMessage("one half was not measured")
  return compareHalves(without, one)
})

/** What one that never reads costs the others. What went wrong in either half went wrong. */
export const compareHalves = (without: Traffic, one: Traffic): Measurement => {
  const rate = { without: without.metrics.perSecond ?? 0, one: one.metrics.perSecond ?? 0 }
  const peak = { without: without.metrics.rssPeakMiB, one: one.metrics.rssPeakMiB }
  return {
    _tag: "Measured",
    metrics: known({
      ...one.metrics,
      healthyShare: rate.without === 0 ? undefined : rate.one / rate.without,
      rssGrowthMiB: peak.without === undefined || peak.one === undefined ? undefined : peak.one - peak.without,
    }),
    faults: addFaults([allFaults(without), allFaults(one)]),
    ...(without.apart || one.apart ? { apart: true } : {}),
    generatorCpu: Math.max(without.result.cpu ?? 0, one.result.cpu ?? 0),
    ...(without.result.ran === undefined || one.result.ran === undefined
      ? {}
      : { generatorRan: Math.min(without.result.ran, one.result.ran) }),
  }
}

/** Connects so many and waits until the server has accepted them all, as far as one can know. */
const hold = Effect.fnUntraced(function* (task: Task, server: RunningServer) {
  const connections = Number(task.load.connections ?? task.row.load.connections)
  const load = yield* startLoad({
    generator: task.generator,
    work: "idle",
    load: { connections, port: server.port, limit: allowance },
  })
  yield* load.connected
  // What the kernel has completed may still wait to be accepted: the server's own descriptors tell.
  const accepted = Effect.suspend(() =>
    (openFiles(server.pid) ?? connections) >= connections
      ? Effect.void
      : new RunFailed({ message: `it does not accept ${connections} connections` }),
  )
  yield* Effect.retry(accepted, {
    schedule: Schedule.intersect(Schedule.spaced(Duration.millis(50)), Schedule.recurs(200)),
  })
  yield* Effect.sleep(task.settle)
  return connections
})

const idle = Effect.fnUntraced(function* (task: Task) {
  const server = yield* startServer(task.launch)
  yield* Effect.sleep(task.settle)
  const before = rssBytes(server.pid)
  const connections = yield* Effect.raceFirst(hold(task, server), server.failed)
  const after = rssBytes(server.pid)
  const peak = server.peak()
  const outcome: Measurement = {
    _tag: "Measured",
    faults: {},
    generatorCpu: 0,
    metrics: known({
      bytesPerConnection: before === undefined || after === undefined ? undefined : (after - before) / connections,
      rssPeakMiB: peak === undefined ? undefined : mebibytes(peak),
    }),
  }
  return outcome
})

const stop = Effect.fnUntraced(function* (task: Task) {
  const server = yield* startServer(task.launch)
  yield* Effect.raceFirst(hold(task, server), server.failed)
  const begun = performance.now()
  yield* server.child.terminate
  yield* Effect.timeoutFail(server.child.ended, {
    duration: Duration.seconds(15),
    onTimeout: () => new RunFailed({ message: "it has not stopped 15 s after SIGTERM" }),
  })
  const stopped: Measurement = {
    _tag: "Measured",
    faults: {},
    generatorCpu: 0,
    metrics: { stopMillis: performance.now() - begun },
  }
  return stopped
})

const works: Readonly<Record<Row["work"], (task: Task) => Effect.Effect<Measurement, RunFailed>>> = {
  fanout: (task) => Effect.flatMap(traffic(task, "fanout"), doneIn),
  echo: (task) => Effect.flatMap(traffic(task, "echo"), doneIn),
  churn: (task) => Effect.flatMap(traffic(task, "churn"), doneIn),
  idle: (task) => ownRun(task, idle(task)),
  stop: (task) => ownRun(task, stop(task)),
  stalled,
}
