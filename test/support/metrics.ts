import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"

/** The number of a counter, the value of a gauge, and the number of values of a histogram. */
const numberOf = (state: MetricState.MetricState.Untyped): number | undefined => {
  if (MetricState.isCounterState(state)) return Number(state.count)
  if (MetricState.isGaugeState(state)) return Number(state.value)
  return MetricState.isHistogramState(state) ? state.count : undefined
}

/**
 * The metrics with the tag `test`, without it and without the prefix `tcpfx_`: `connections_closed_total PeerClosed` is a
 * counter with one more label. Metrics with the value 0 are left out.
 */
export const metricsOf = (test: string): Effect.Effect<Readonly<Record<string, number>>> =>
  Effect.map(Metric.snapshot, (pairs) =>
    Object.fromEntries(
      Arr.filterMap(pairs, ({ metricKey, metricState }) => {
        const { name, tags } = metricKey
        const number = numberOf(metricState)
        if (!number || !tags.some(({ key, value }) => key === "test" && value === test)) return Option.none()
        const others = tags.filter(({ key }) => key !== "test" && key !== "side").map(({ value }) => value)
        return Option.some([[name.replace(/^tcpfx_/, ""), ...others].join(" "), number] as const)
      }),
    ),
  )
