import * as Effect from "effect/Effect"
import type { RunFailed } from "./child.ts"
import { addFaults, type Measurement } from "./model.ts"
import { startServer } from "./server.ts"
import { allFaults, known, type Task, type Traffic, trafficWith } from "./traffic.ts"

/**
 * The parts without and with a subscriber that never reads. In this order, a drift of the server affects both kinds
 * equally, and the first part shows the memory of the server before any stall.
 */
const parts = ["without", "with", "with", "without"] as const

/** Measures all parts against one server, because two servers would differ by themselves. */
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

/** Compares the parts with and without the stalled subscriber. The faults of all parts count. */
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
