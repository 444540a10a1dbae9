import * as Effect from "effect/Effect"
import type { RunFailed } from "./child.ts"
import { addFaults, type Measurement } from "./model.ts"
import { startServer } from "./server.ts"
import { allFaults, known, type Task, type Traffic, trafficWith } from "./traffic.ts"

/**
 * Without and with one subscriber that never reads. What becomes faster or slower while the server runs weighs on both
 * alike, and its memory is seen before there ever was such a one.
 */
const parts = ["without", "with", "with", "without"] as const

/** The same work without and with one subscriber that never reads, by one server: two would differ by themselves. */
export const stalled = (task: Task): Effect.Effect<Measurement, RunFailed> =>
  Effect.scoped(
    Effect.gen(function* () {
      const found = { without: [] as Traffic[], with: [] as Traffic[] }
      const server = yield* startServer(task.launch)
      for (const part of parts) {
        found[part].push(yield* trafficWith(task, server, "fanout", part === "with" ? { stalled: 1 } : {}))
      }
      return compareParts(found.without, found.with)
    }),
  )

/** What one that never reads costs the others. What went wrong in any part went wrong. */
export const compareParts = (without: ReadonlyArray<Traffic>, withOne: ReadonlyArray<Traffic>): Measurement => {
  const all = [...without, ...withOne]
  const rate = { without: meanOf("perSecond", without) ?? 0, with: meanOf("perSecond", withOne) ?? 0 }
  const before = without[0]?.metrics.rssPeakMiB
  const peak = extreme(Math.max, valuesOf("rssPeakMiB", withOne))
  const ran = extreme(
    Math.min,
    all.flatMap(({ result }) => result.ran ?? []),
  )
  return {
    _tag: "Measured",
    metrics: known({
      perSecond: rate.with,
      cpuNanosPerUnit: meanOf("cpuNanosPerUnit", withOne),
      serverCpu: meanOf("serverCpu", withOne),
      longestStallMillis: meanOf("longestStallMillis", withOne),
      stallWithoutMillis: meanOf("longestStallMillis", without),
      slowestShare: extreme(Math.min, valuesOf("slowestShare", withOne)),
      healthyShare: rate.without === 0 ? undefined : rate.with / rate.without,
      rssPeakMiB: peak,
      rssGrowthMiB: before === undefined || peak === undefined ? undefined : peak - before,
    }),
    faults: addFaults(all.map(allFaults)),
    ...(all.some(({ apart }) => apart) ? { apart: true } : {}),
    generatorCpu: Math.max(...all.map(({ result }) => result.cpu ?? 0)),
    ...(ran === undefined ? {} : { generatorRan: ran }),
  }
}

const valuesOf = (metric: keyof Traffic["metrics"], parts: ReadonlyArray<Traffic>): ReadonlyArray<number> =>
  parts.flatMap(({ metrics }) => metrics[metric] ?? [])

const meanOf = (metric: keyof Traffic["metrics"], parts: ReadonlyArray<Traffic>): number | undefined => {
  const values = valuesOf(metric, parts)
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}

const extreme = (pick: typeof Math.max, values: ReadonlyArray<number>): number | undefined =>
  values.length === 0 ? undefined : pick(...values)
