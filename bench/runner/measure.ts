import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { RunFailed } from "./child.ts"
import { startLoad } from "./load.ts"
import type { Measurement, Row } from "./model.ts"
import { openFiles, rssBytes } from "./procfs.ts"
import { type RunningServer, startServer } from "./server.ts"
import { stalled } from "./stalled.ts"
import { allFaults, allowance, known, mebibytes, ownRun, type Task, type Traffic, traffic } from "./traffic.ts"

/** Measures one contender once in one row. A failure is a result too. */
export const measure = (task: Task): Effect.Effect<Measurement> =>
  works[task.row.work](task).pipe(
    Effect.catchTag("RunFailed", ({ message }) => Effect.succeed<Measurement>({ _tag: "Failed", reason: message })),
  )

/** A server that did nothing in the window has failed. */
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

/** Opens the connections of a row and waits until the server has accepted all of them. */
const hold = Effect.fnUntraced(function* (task: Task, server: RunningServer) {
  const connections = Number(task.load.connections ?? task.row.load.connections)
  const load = yield* startLoad({
    generator: task.generator,
    work: "idle",
    load: { connections, port: server.port, limit: allowance },
  })
  yield* load.connected
  // The kernel completes connections before the server accepts them, so the descriptors of the server are counted.
  const accepted = Effect.suspend(() =>
    (openFiles(server.pid) ?? connections) >= connections
      ? Effect.void
      : new RunFailed({ message: `the server has not accepted ${connections} connections within 10 s` }),
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
    onTimeout: () => new RunFailed({ message: "the server has not stopped 15 s after SIGTERM" }),
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
