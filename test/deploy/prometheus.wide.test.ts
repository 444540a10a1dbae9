import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { tcpEndpoint } from "../../src/domain/index.ts"
import { askHttp } from "../support/http.ts"
import { natsServer, startNats } from "../support/natsServer.ts"
import { haveAll, type Peer } from "../support/peers.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { start, tcpfxServe } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

const prometheus: Peer = { program: "prometheus", known: /prometheus/, dial: () => [] }

const Answer = Schema.parseJson(
  Schema.Struct({
    status: Schema.Literal("success"),
    data: Schema.Struct({ result: Schema.Array(Schema.Struct({ value: Schema.Tuple(Schema.Number, Schema.String) })) }),
  }),
)

const Dashboard = Schema.parseJson(
  Schema.Struct({
    panels: Schema.Array(
      Schema.Struct({
        title: Schema.String,
        targets: Schema.optionalWith(Schema.Array(Schema.Struct({ expr: Schema.String })), { default: () => [] }),
      }),
    ),
  }),
)

const { panels } = Schema.decodeSync(Dashboard)(readFileSync("deploy/grafana/tcpfx.json", "utf8"))
const panelQueries = panels.flatMap(({ targets, title }) => targets.map(({ expr }) => ({ title, expr })))
const alertQueries = [...readFileSync("deploy/prometheus/tcpfx-alerts.yml", "utf8").matchAll(/^ +expr: (.*)$/gm)].map(
  ([, expr = ""]) => expr,
)

/** Replaces the variables of Grafana. */
const plainQuery = (expr: string) => expr.replace(/\$job|\$instance/g, ".+").replaceAll("$__rate_interval", "20s")

/** A server of Prometheus that scrapes an address four times a second. Returns a query. */
const scraping = (target: string) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const config = join(folder, "prometheus.yml")
    writeFileSync(
      config,
      `global: { scrape_interval: 250ms, scrape_timeout: 250ms }
rule_files: [${join(process.cwd(), "deploy/prometheus/tcpfx-alerts.yml")}]
scrape_configs:
  - job_name: tcpfx
    static_configs: [{ targets: ["${target}"] }]
`,
    )
    const flags = ["--web.listen-address=127.0.0.1:0", `--storage.tsdb.path=${join(folder, "data")}`]
    const running = yield* start("prometheus", [`--config.file=${config}`, ...flags])
    const [, port = ""] = yield* running.waitFor("stderr", /msg="Listening on" address=127\.0\.0\.1:(\d+)/)
    // Before, it answers 503.
    yield* running.waitFor("stderr", /msg="Server is ready to receive web requests/)
    return (expr: string) =>
      Effect.map(
        askHttp(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(plainQuery(expr))}`),
        ({ body }) => Schema.decodeSync(Answer)(body).data.result.map(({ value: [, value] }) => Number(value)),
      )
  })

type Query = Effect.Effect.Success<ReturnType<typeof scraping>>

/** Asks until a query has a series. Its value may be NaN, as a percentile of nothing is. */
const seriesOf = (query: Query, expr: string) => Effect.repeat(query(expr), { until: (values) => values.length > 0 })

describe.skipIf(!haveAll(prometheus) || !haveAll(natsServer))(
  "Prometheus with a server of tcpfx",
  { timeout: 120_000 },
  () => {
    it.scopedLive("has a series for each query of the dashboard, and evaluates each alert", () =>
      Effect.gen(function* () {
        const nats = yield* startNats()
        const flags = [
          "--broker",
          "--frame",
          "line",
          "--half-closed",
          "close",
          "--max-conns",
          "2",
          "--hub",
          nats.url,
          "--metrics",
          "0",
        ]
        const { port, server } = yield* tcpfxServe(flags)
        const [, target = ""] = yield* server.waitFor("stderr", /^tcpfx: metrics at http:\/\/(\S+)\/metrics$/m)
        const query = yield* scraping(target)
        const dial = dialRaw(tcpEndpoint("127.0.0.1", port))
        const reader = yield* dial
        // The first scrape must precede the events that the rates count.
        yield* seriesOf(query, 'tcpfx_connections{side="server"} == 1')
        const writer = yield* dial
        yield* server.waitFor("stderr", /#2 connected/)
        yield* (yield* dial).takeRest
        yield* writer.send("hello\n")
        yield* reader.expect("hello\n")
        yield* writer.halfClose
        yield* reader.halfClose
        yield* server.waitFor("stderr", /#2 closed/)
        for (const { expr, title } of panelQueries) {
          // accept(2) does not fail in this test, so its metric has no value. The query must be valid all the same.
          const isAbsent = expr.includes("tcpfx_accept_failures_total")
          const values = yield* isAbsent ? query(expr) : seriesOf(query, expr)
          expect([title, values.length > 0]).toEqual([title, !isAbsent])
        }
        for (const expr of alertQueries) yield* query(expr)
        expect(yield* query('tcpfx_hub_attached == 1 and on () up{job="tcpfx"} == 1')).toEqual([1])
        yield* nats.process.kill("SIGKILL")
        yield* seriesOf(query, alertQueries.find((expr) => expr.includes("tcpfx_hub_attached")) ?? "")
        yield* server.kill("SIGKILL")
        yield* seriesOf(query, alertQueries.find((expr) => expr.startsWith("up{")) ?? "")
      }),
    )
  },
)
