import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { processMetrics } from "../../src/cli/watch/processMetrics.ts"
import { Metrics, Prometheus } from "../../src/metrics/index.ts"
import { readExposition } from "../support/exposition.ts"
import { haveAll, type Peer } from "../support/peers.ts"

const read = (path: string) => readFileSync(path, "utf8")
const dashboardPath = "deploy/grafana/tcpfx.json"
const alertsPath = "deploy/prometheus/tcpfx-alerts.yml"

interface Panel {
  readonly title: string
  readonly type: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: ReadonlyArray<{ readonly expr: string }>
}

const { panels }: { readonly panels: ReadonlyArray<Panel> } = JSON.parse(read(dashboardPath))
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
const alertExpressions = [...read(alertsPath).matchAll(/^ +expr: (.*)$/gm)].map(([, expr]) => expr ?? "")

/** The metrics that an expression names, without the suffix of a bucket. */
const metricsIn = (expression: string): ReadonlyArray<string> =>
  [...expression.matchAll(/\b(?:tcpfx|process|nodejs)_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, ""))

const isNumeric = (value: object): value is Metric.Metric<unknown, number, unknown> => Metric.MetricTypeId in value

/** The metrics that a server reads only for a scrape. */
const readAtScrape = ["tcpfx_pending_bytes", "tcpfx_hub_attached", "tcpfx_hub_nodes", "tcpfx_hub_queued_bytes"]

/** The metrics that `tcpfx serve --metrics` can have, from their definitions. Other tests of this process have metrics too. */
const exposed = Effect.gen(function* () {
  // A metric appears with its first value.
  for (const definition of Object.values(Metrics)) if (isNumeric(definition)) definition.unsafeUpdate(0, [])
  const pairs = [...(yield* Metric.snapshot), ...(yield* processMetrics)]
  const names = [...readExposition(Prometheus.text(pairs)).keys()]
  return new Set([...names.filter((name) => /^(?:tcpfx|process|nodejs)_/.test(name)), ...readAtScrape])
})

const documented = new Set(
  [...read("docs/watching.md").matchAll(/^\| (`[a-z_`, ]+`) \| (?:gauge|counter|histogram) \|/gm)].flatMap(
    ([, names]) => [...(names ?? "").matchAll(/`([a-z_]+)`/g)].map(([, name]) => name ?? ""),
  ),
)

describe("the dashboard and the alerts", () => {
  it.effect("name only metrics that the command exposes, and the document has exactly these", () =>
    Effect.gen(function* () {
      const names = yield* exposed
      expect(expressions.length).toBeGreaterThan(15)
      expect(alertExpressions.length).toBeGreaterThan(5)
      for (const expression of [...expressions, ...alertExpressions]) {
        for (const name of metricsIn(expression)) expect([name, names.has(name)]).toEqual([name, true])
      }
      const ofServer = [...names].filter((name) => !/connect_failures|reconnects|handlers/.test(name))
      expect([...documented].sort()).toEqual(ofServer.sort())
    }),
  )

  it("have each documented metric of a server in the dashboard", () => {
    const shown = new Set(expressions.flatMap(metricsIn))
    const withoutGraph = ["tcpfx_build_info", "process_start_time_seconds"]
    expect([...documented].filter((name) => !shown.has(name) && !withoutGraph.includes(name))).toEqual([])
  })

  it("is the dashboard that the script makes, and no panel covers another", () => {
    const { stdout } = spawnSync(process.execPath, ["scripts/dashboard.mjs", "--stdout"], { encoding: "utf8" })
    expect(read(dashboardPath)).toBe(stdout)
    const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
  })
})

const promtool: Peer = { program: "promtool", known: /check/, dial: () => [] }

describe.skipIf(!haveAll(promtool))("promtool of Prometheus", () => {
  it("accepts the alerts", () => {
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "rules", alertsPath], { encoding: "utf8" })
    expect([status, `${stdout}${stderr}`]).toEqual([0, expect.stringMatching(/rules found/)])
  })

  it.effect("accepts the metrics without a remark", () =>
    Effect.gen(function* () {
      yield* exposed
      const pairs = (yield* Metric.snapshot).filter(({ metricKey }) => metricKey.name.startsWith("tcpfx_"))
      const input = Prometheus.text([...pairs, ...(yield* processMetrics)])
      const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input, encoding: "utf8" })
      expect([status, `${stdout}${stderr}`]).toEqual([0, ""])
    }),
  )
})
