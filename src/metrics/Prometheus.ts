import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricKeyType from "effect/MetricKeyType"
import type * as MetricPair from "effect/MetricPair"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"

/** The value of the header `Content-Type` for {@link text}. */
export const contentType = "text/plain; version=0.0.4; charset=utf-8"

type Type = "counter" | "gauge" | "histogram" | "summary"

/** The lines of one metric. They follow each other in the text, whatever the order of the pairs is. */
interface Family {
  readonly type: Type
  readonly help: string | undefined
  /** The samples by name and labels. The format allows each combination once. */
  readonly samples: Map<string, string>
}

/**
 * Writes metrics in the text format of Prometheus, version 0.0.4, sorted by name. A counter that may decrease becomes a
 * gauge. A frequency becomes a counter with the label `key`. Characters that a name or a label name cannot have become
 * `_`. If two metrics of different types have the same name, the first type counts, and the others are left out.
 *
 * @example
 * import { Metric } from "effect"
 * import { Prometheus } from "tcpfx/metrics"
 *
 * const jobs = Metric.counter("jobs_total", { description: "Finished jobs", incremental: true })
 * Metric.tagged(jobs, "queue", "mail").unsafeUpdate(2, [])
 * const text = Prometheus.text(Metric.unsafeSnapshot())
 * assert.match(text, /# TYPE jobs_total counter\njobs_total\{queue="mail"\} 2\n/)
 */
export const text = (pairs: Iterable<MetricPair.MetricPair.Untyped>): string => {
  const families = new Map<string, Family>()
  for (const pair of pairs) addTo(families, pair)
  return [...families]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { help, samples, type }]) =>
      [
        ...(help === undefined ? [] : [`# HELP ${name} ${help.replace(/[\\\n]/g, escapeOf)}\n`]),
        `# TYPE ${name} ${type}\n`,
        ...[...samples].map(([key, value]) => `${key} ${value}\n`),
      ].join(""),
    )
    .join("")
}

/** All metrics of the process as {@link text}. */
export const snapshot: Effect.Effect<string> = Effect.map(Metric.snapshot, text)

const addTo = (families: Map<string, Family>, { metricKey, metricState }: MetricPair.MetricPair.Untyped): void => {
  const name = metricKey.name.replace(/[^a-zA-Z0-9_:]/g, "_").replace(/^(?=[0-9])/, "_")
  const labels = new Map(metricKey.tags.map(({ key, value }) => [labelName(key), value]))
  const { samples, type } = samplesOf(metricKey.keyType, metricState)
  if (type === undefined) return
  const family = families.get(name) ?? { type, help: Option.getOrUndefined(metricKey.description), samples: new Map() }
  if (family.type !== type) return
  families.set(name, family)
  for (const { label, suffix = "", value } of samples) {
    const key = `${name}${suffix}${written(label === undefined ? labels : new Map([...labels, label]))}`
    if (!family.samples.has(key)) family.samples.set(key, numberText(value))
  }
}

interface Sample {
  readonly suffix?: string
  readonly label?: readonly [name: string, value: string]
  readonly value: number | bigint
}

const samplesOf = (
  keyType: unknown,
  state: MetricState.MetricState.Untyped,
): { readonly type: Type | undefined; readonly samples: ReadonlyArray<Sample> } => {
  if (MetricState.isCounterState(state)) {
    const isCounter = MetricKeyType.isCounterKey(keyType) && keyType.incremental
    return { type: isCounter ? "counter" : "gauge", samples: [{ value: state.count }] }
  }
  if (MetricState.isGaugeState(state)) return { type: "gauge", samples: [{ value: state.value }] }
  if (MetricState.isFrequencyState(state)) {
    const samples = [...state.occurrences].map(([key, value]): Sample => ({ label: ["key", key], value }))
    return { type: "counter", samples }
  }
  const ends: ReadonlyArray<Sample> =
    MetricState.isHistogramState(state) || MetricState.isSummaryState(state)
      ? [
          { suffix: "_sum", value: state.sum },
          { suffix: "_count", value: state.count },
        ]
      : []
  if (MetricState.isHistogramState(state)) {
    // The buckets of Effect are cumulative, as the format needs them.
    const buckets = [...state.buckets]
      .filter(([boundary]) => Number.isFinite(boundary))
      .map(([boundary, value]): Sample => ({ suffix: "_bucket", label: ["le", String(boundary)], value }))
    return {
      type: "histogram",
      samples: [...buckets, { suffix: "_bucket", label: ["le", "+Inf"], value: state.count }, ...ends],
    }
  }
  if (MetricState.isSummaryState(state)) {
    const quantiles = state.quantiles.map(
      ([quantile, value]): Sample => ({
        label: ["quantile", String(quantile)],
        value: Option.getOrElse(value, () => Number.NaN),
      }),
    )
    return { type: "summary", samples: [...quantiles, ...ends] }
  }
  return { type: undefined, samples: [] }
}

const labelName = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, "_").replace(/^(?=[0-9])|^$/, "_")

const written = (labels: ReadonlyMap<string, string>): string =>
  labels.size === 0
    ? ""
    : `{${[...labels].map(([name, value]) => `${name}="${value.replace(/[\\\n"]/g, escapeOf)}"`).join(",")}}`

const escapeOf = (character: string): string => (character === "\n" ? "\\n" : `\\${character}`)

const numberText = (value: number | bigint): string => {
  if (value === Number.POSITIVE_INFINITY) return "+Inf"
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value)
}
