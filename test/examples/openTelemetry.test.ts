import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Client } from "tcpfx/client"
import { Framing } from "tcpfx/domain"
import { Server } from "tcpfx/server"
import { NodeTransport } from "tcpfx/transport"
import { TracedServer } from "../../examples/open-telemetry.ts"

const Spans = Schema.Struct({
  resourceSpans: Schema.Array(
    Schema.Struct({
      scopeSpans: Schema.Array(
        Schema.Struct({
          spans: Schema.Array(
            Schema.Struct({ name: Schema.String, spanId: Schema.String, parentSpanId: Schema.optional(Schema.String) }),
          ),
        }),
      ),
    }),
  ),
})

const Sums = Schema.Struct({
  resourceMetrics: Schema.Array(
    Schema.Struct({
      scopeMetrics: Schema.Array(
        Schema.Struct({
          metrics: Schema.Array(
            Schema.Struct({
              name: Schema.String,
              sum: Schema.optional(
                Schema.Struct({
                  isMonotonic: Schema.Boolean,
                  dataPoints: Schema.Array(
                    Schema.Struct({
                      asDouble: Schema.optional(Schema.Number),
                      attributes: Schema.Array(
                        Schema.Struct({ key: Schema.String, value: Schema.Struct({ stringValue: Schema.String }) }),
                      ),
                    }),
                  ),
                }),
              ),
            }),
          ),
        }),
      ),
    }),
  ),
})

/** A collector that keeps the bodies that it gets, by path. */
const collector = Effect.acquireRelease(
  Effect.async<{ readonly server: http.Server; readonly got: Map<string, Array<unknown>> }>((resume) => {
    const got = new Map<string, Array<unknown>>()
    const server = http.createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const path = request.url ?? ""
        got.set(path, [...(got.get(path) ?? []), JSON.parse(Buffer.concat(chunks).toString("utf8"))])
        response.writeHead(200, { "content-type": "application/json" }).end("{}")
      })
    })
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed({ server, got })))
  }),
  ({ server }) =>
    Effect.async<void>((resume) => {
      server.close(() => resume(Effect.void))
      server.closeAllConnections()
    }),
)

/** The opened connections of servers with this name in this process, in which other tests ran too. */
const openedHere = Effect.map(Metric.snapshot, (pairs) => {
  const found = pairs.find(
    ({ metricKey: { name, tags } }) =>
      name === "tcpfx_connections_opened_total" && tags.some(({ key, value }) => key === "server" && value === "echo"),
  )
  return found !== undefined && MetricState.isCounterState(found.metricState) ? Number(found.metricState.count) : 0
})

it.scopedLive("the OpenTelemetry example sends the spans and metrics of its server to a collector", () =>
  Effect.gen(function* () {
    const before = yield* openedHere
    const { got, server } = yield* collector
    const { port } = server.address() as AddressInfo
    yield* Effect.gen(function* () {
      const [endpoint] = yield* Effect.flatMap(Server, ({ listening }) => listening)
      const client = yield* Client.make({ frame: Framing.line })
      yield* Effect.gen(function* () {
        const connection = yield* client.connect(endpoint ?? "")
        yield* connection.sendText("hello")
        expect(Option.isSome(yield* connection.receive)).toBe(true)
      }).pipe(Effect.scoped)
    }).pipe(Effect.scoped, Effect.provide(TracedServer(`http://127.0.0.1:${port}`)))

    const spans = (got.get("/v1/traces") ?? []).flatMap((body) =>
      Schema.decodeUnknownSync(Spans)(body).resourceSpans.flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap((scope) => scope.spans),
      ),
    )
    expect(spans.map(({ name }) => name).sort()).toEqual(
      expect.arrayContaining(["Server.handler", "Server.listenAll", "echo"]),
    )
    const handler = spans.find(({ name }) => name === "Server.handler")
    expect(spans.find(({ name }) => name === "echo")).toMatchObject({ parentSpanId: handler?.spanId })

    const opened = (got.get("/v1/metrics") ?? [])
      .flatMap((body) =>
        Schema.decodeUnknownSync(Sums)(body).resourceMetrics.flatMap(({ scopeMetrics }) =>
          scopeMetrics.flatMap(({ metrics }) => metrics),
        ),
      )
      .filter(({ name }) => name === "tcpfx_connections_opened_total")
      .flatMap(({ sum }) => sum?.dataPoints ?? [])
      .filter(({ attributes }) => attributes.some(({ key, value }) => key === "server" && value.stringValue === "echo"))
    expect(opened.at(-1)?.asDouble).toBe(before + 1)
  }).pipe(Effect.provide(NodeTransport.layer)),
)
