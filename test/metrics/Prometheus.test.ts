import { describe, expect, it } from "@effect/vitest"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricLabel from "effect/MetricLabel"
import type * as MetricPair from "effect/MetricPair"
import { Prometheus } from "../../src/metrics/index.ts"
import { readExposition } from "../support/exposition.ts"

const label = (key: string, value: string) => [MetricLabel.make(key, value)]

/** The metrics of the process whose names begin with a prefix. */
const metricsWith = (prefix: string): ReadonlyArray<MetricPair.MetricPair.Untyped> =>
  Metric.unsafeSnapshot().filter(({ metricKey }) => metricKey.name.startsWith(prefix))

describe("the text format of Prometheus", () => {
  it("has counters, gauges, histograms, summaries and frequencies, sorted by name", () => {
    Metric.counter("form_c_total", { description: "A counter", incremental: true }).unsafeUpdate(2, [])
    Metric.counter("form_d").unsafeUpdate(-3, [])
    Metric.counter("form_b_total", { bigint: true, incremental: true }).unsafeUpdate(2n ** 60n, [])
    Metric.gauge("form_e").unsafeUpdate(Number.POSITIVE_INFINITY, [])
    const histogram = Metric.histogram(
      "form_f_seconds",
      MetricBoundaries.fromIterable([0.000_001, 1, 2]),
      "A histogram",
    )
    for (const value of [0.5, 1.5, 9]) histogram.unsafeUpdate(value, label("of", "x"))
    Metric.summary({ name: "form_g", maxAge: "1 hour", maxSize: 9, error: 0, quantiles: [0.5] }).unsafeUpdate(4, [])
    const frequency = Metric.frequency("form_h_total")
    for (const value of ["a", "b", "a"]) frequency.unsafeUpdate(value, [])
    const text = Prometheus.text(metricsWith("form_"))
    expect(text.split("\n")).toEqual([
      "# TYPE form_b_total counter",
      "form_b_total 1152921504606846976",
      "# HELP form_c_total A counter",
      "# TYPE form_c_total counter",
      "form_c_total 2",
      "# TYPE form_d gauge",
      "form_d -3",
      "# TYPE form_e gauge",
      "form_e +Inf",
      "# HELP form_f_seconds A histogram",
      "# TYPE form_f_seconds histogram",
      'form_f_seconds_bucket{of="x",le="0.000001"} 0',
      'form_f_seconds_bucket{of="x",le="1"} 1',
      'form_f_seconds_bucket{of="x",le="2"} 2',
      'form_f_seconds_bucket{of="x",le="+Inf"} 3',
      'form_f_seconds_sum{of="x"} 11',
      'form_f_seconds_count{of="x"} 3',
      "# TYPE form_g summary",
      'form_g{quantile="0.5"} 4',
      "form_g_sum 4",
      "form_g_count 1",
      "# TYPE form_h_total counter",
      'form_h_total{key="a"} 2',
      'form_h_total{key="b"} 1',
      "",
    ])
    expect([...readExposition(text).keys()].length).toBe(7)
  })

  it("has all series of a metric under one type, also if the metrics come in another order", () => {
    const [one, two] = [Metric.gauge("order_one"), Metric.gauge("order_two")]
    for (const of of ["a", "b"]) for (const metric of [one, two]) metric.unsafeUpdate(1, label("of", of))
    const pairs = metricsWith("order_")
    for (const order of [pairs, [...pairs].reverse()]) {
      const metrics = readExposition(Prometheus.text(order))
      expect([...metrics].map(([name, { samples }]) => [name, samples.size])).toEqual([
        ["order_one", 2],
        ["order_two", 2],
      ])
    }
  })

  it("is valid whatever the names, labels and descriptions are", () => {
    const hostile = 'a "quoted" \\ back\nslash\u2028 你好'
    Metric.gauge("odd name.é", { description: hostile }).unsafeUpdate(1, [
      ...label("1st key", hostile),
      ...label("", hostile),
      ...label("key", "first"),
      ...label("key", "last"),
    ])
    Metric.gauge("odd_name__").unsafeUpdate(2, [])
    // A counter with the name of the gauges, after the change of the names.
    Metric.counter("odd_name-_", { incremental: true }).unsafeUpdate(7, [])
    const names = ["odd name.é", "odd_name__", "odd_name-_"]
    const pairs = names.flatMap((name) => metricsWith("odd").filter(({ metricKey }) => metricKey.name === name))
    const metrics = readExposition(Prometheus.text(pairs))
    expect([...metrics.keys()]).toEqual(["odd_name__"])
    const { help, samples } = metrics.get("odd_name__") ?? { help: undefined, samples: new Map() }
    const escaped = 'a "quoted" \\\\ back\\nslash\u2028 你好'
    expect(help).toBe(escaped)
    expect([...samples]).toEqual([
      [`odd_name__{_1st_key="${escaped.replaceAll('"', '\\"')}",_="${escaped.replaceAll('"', '\\"')}",key="last"}`, 1],
      ["odd_name__", 2],
    ])
  })
})
