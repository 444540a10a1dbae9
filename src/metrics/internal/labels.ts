import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import type * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"

export type Labels = ReadonlyArray<MetricLabel.MetricLabel>

/** Returns the given labels and the labels of the current fiber (`Effect.tagMetrics`). */
export const labelsOf = (own: Readonly<Record<string, string>>): Effect.Effect<Labels> =>
  Effect.map(FiberRef.get(FiberRef.currentMetricLabels), (inherited) => [
    ...Object.entries(own).map(([key, value]) => MetricLabel.make(key, value)),
    ...inherited,
  ])

/**
 * Makes a function that adds to a counter. The metric finds its value by the identity of the array of labels, so the
 * array is made only once. The counter exists from this call on, with the value 0.
 */
export const adderOf = (metric: Metric.Metric.Counter<number>, labels: Labels): ((count: number) => void) => {
  metric.unsafeUpdate(0, labels)
  return (count) => metric.unsafeUpdate(count, labels)
}

/** Makes a function that adds 1 to a counter. Its parameter is the value of the further label `key`. */
export const adderBy = (
  metric: Metric.Metric.Counter<number>,
  labels: Labels,
  key: string,
): ((value: string) => void) => {
  const known = new Map<string, Labels>()
  return (value) => {
    let full = known.get(value)
    if (full === undefined) {
      full = [...labels, MetricLabel.make(key, value)]
      known.set(value, full)
    }
    metric.unsafeUpdate(1, full)
  }
}
