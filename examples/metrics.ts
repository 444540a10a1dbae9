import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as MetricPair from "effect/MetricPair"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"
import { Framing } from "tcpfx/domain"
import { Metrics } from "tcpfx/metrics"
import { Handler, Server, type ServerConnection } from "tcpfx/server"

const escaped = (value: string) => value.replace(/[\\"\n]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`))

const labelled = (labels: ReadonlyArray<readonly [string, string]>) =>
  labels.length === 0 ? "" : `{${labels.map(([key, value]) => `${key}="${escaped(value)}"`).join(",")}}`

/**
 * Returns the type and the text lines of one metric with one set of labels. Returns no lines for frequencies and
 * summaries.
 */
const samplesOf = ({ metricKey, metricState }: MetricPair.MetricPair.Untyped) => {
  const { name } = metricKey
  const labels = metricKey.tags.map(({ key, value }) => [key, value] as const)
  if (MetricState.isCounterState(metricState)) {
    return { type: "counter", lines: [`${name}${labelled(labels)} ${metricState.count}`] }
  }
  if (MetricState.isGaugeState(metricState)) {
    return { type: "gauge", lines: [`${name}${labelled(labels)} ${metricState.value}`] }
  }
  if (!MetricState.isHistogramState(metricState)) return { type: "untyped", lines: [] }
  const buckets = [...metricState.buckets].map(([boundary, count]) => {
    const le = Number.isFinite(boundary) ? String(boundary) : "+Inf"
    return `${name}_bucket${labelled([...labels, ["le", le]])} ${count}`
  })
  const sum = `${name}_sum${labelled(labels)} ${metricState.sum}`
  return { type: "histogram", lines: [...buckets, sum, `${name}_count${labelled(labels)} ${metricState.count}`] }
}

/** Formats metrics in the text format of Prometheus. All lines of a metric follow the line with its type. */
export const prometheusText = (pairs: ReadonlyArray<MetricPair.MetricPair.Untyped>): string => {
  const families = new Map<string, Array<string>>()
  for (const pair of pairs) {
    const { description, name } = pair.metricKey
    const { lines, type } = samplesOf(pair)
    const help = Option.match(description, { onNone: () => [], onSome: (text) => [`# HELP ${name} ${text}`] })
    const family = families.get(name) ?? [...help, `# TYPE ${name} ${type}`]
    families.set(name, [...family, ...lines])
  }
  return [...families.values()].flatMap((lines) => lines.map((line) => `${line}\n`)).join("")
}

/**
 * Answers one request with the metrics of the process, then closes the connection. It implements only the part of HTTP
 * that Prometheus and curl need.
 */
const scraped = (connection: ServerConnection) =>
  Effect.gen(function* () {
    yield* connection.receive
    const text = prometheusText(yield* Metric.snapshot)
    yield* connection.sendText(`HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n\r\n${text}`)
  })

/** A server that relays lines and keeps metrics, and a second server that shows the metrics. */
export const monitored = Effect.gen(function* () {
  const relay = yield* Server.make({
    settings: { frame: Framing.line },
    handler: Handler.broker(),
    watch: Metrics.server({ tags: { server: "relay" } }),
  })
  const [{ endpoint }] = yield* relay.listenAll(["127.0.0.1:0"])
  const metrics = yield* Server.make({ handler: scraped })
  const [scrape] = yield* metrics.listenAll(["127.0.0.1:0"])
  return { relay: endpoint, metrics: scrape.endpoint }
})
