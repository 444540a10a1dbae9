import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { expectServeRefuses, tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"

/** A collector that answers with a status, and keeps the bodies that it gets. */
const collector = (status: number) =>
  Effect.acquireRelease(
    Effect.async<{ readonly server: http.Server; readonly bodies: Array<string>; readonly url: string }>((resume) => {
      const bodies: Array<string> = []
      const server = http.createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          bodies.push(`${request.url} ${Buffer.concat(chunks)}`)
          response.writeHead(status).end("{}")
        })
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        resume(Effect.succeed({ server, bodies, url: `http://127.0.0.1:${port}` }))
      })
    }),
    ({ server }) =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      }),
  )

/** The requests with a path, as JSON. */
const sentTo = (bodies: ReadonlyArray<string>, path: string) =>
  bodies.flatMap((body) => (body.startsWith(`${path} `) ? [JSON.parse(body.slice(path.length + 1))] : []))

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number }
}
interface Span {
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: ReadonlyArray<Attribute>
  readonly status: { readonly code: number; readonly message?: string }
}
interface Record {
  readonly severityText: string
  readonly body: { readonly stringValue: string }
  readonly attributes: ReadonlyArray<Attribute>
}

const spansOf = (bodies: ReadonlyArray<string>): ReadonlyArray<Span> =>
  sentTo(bodies, "/v1/traces").flatMap(({ resourceSpans }) => resourceSpans[0].scopeSpans[0].spans)

const logsOf = (bodies: ReadonlyArray<string>): ReadonlyArray<Record> =>
  sentTo(bodies, "/v1/logs").flatMap(({ resourceLogs }) => resourceLogs[0].scopeLogs[0].logRecords)

const attributesOf = ({ attributes }: Pick<Span, "attributes">) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]))

const all = ["--otlp-signals", "metrics,traces,logs"]

describe("tcpfx serve --otlp", () => {
  it.scopedLive("sends the metrics to a collector, the last ones at the end", () =>
    Effect.gen(function* () {
      const { bodies, url } = yield* collector(200)
      const { port, server } = yield* tcpfxServe(["--mode", "echo", "--otlp", `${url}/`])
      const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
      yield* peer.send("hello")
      yield* peer.expect("hello")
      yield* peer.halfClose
      yield* peer.expectEnd
      yield* server.kill("SIGTERM")
      expect((yield* server.ended).code).toBe(143)
      const last = bodies.at(-1) ?? ""
      expect(last).toMatch(/^\/v1\/metrics \{/)
      const { resourceMetrics } = JSON.parse(last.replace(/^\S+ /, ""))
      const metrics: ReadonlyArray<{ readonly name: string }> = resourceMetrics[0].scopeMetrics[0].metrics
      expect(metrics.find(({ name }) => name === "tcpfx_bytes_in_total")).toMatchObject({
        sum: { isMonotonic: true, dataPoints: [{ asDouble: 5 }] },
      })
      expect(server.text("stderr")).not.toContain("--otlp")
    }),
  )

  it.scopedLive("says why the collector does not take metrics, and ends in time", () =>
    Effect.gen(function* () {
      const { url } = yield* collector(404)
      const { server } = yield* tcpfxServe(["--mode", "echo", "--otlp", url])
      yield* server.kill("SIGTERM")
      expect((yield* server.ended).code).toBe(143)
      expect(server.text("stderr")).toContain(
        `tcpfx: --otlp: the collector at ${url} has not taken the last metrics (HTTP status 404)\n`,
      )
    }),
  )

  it.scopedLive("says that the collector has not answered at the end", () =>
    Effect.gen(function* () {
      const { server: silent, url } = yield* collector(200)
      silent.removeAllListeners("request")
      const { server } = yield* tcpfxServe(["--mode", "echo", "--otlp", url])
      yield* server.kill("SIGTERM")
      expect((yield* server.ended).code).toBe(143)
      expect(server.text("stderr")).toContain(
        `tcpfx: --otlp: the collector at ${url} has not taken the last metrics (it does not answer)\n`,
      )
    }),
  )

  it.scopedLive("sends a span for each connection, and the messages, if they are asked for", () =>
    Effect.gen(function* () {
      const { bodies, url } = yield* collector(200)
      const flags = ["--mode", "echo", "--frame", "line", "--max-frame", "8", "--otlp", url, ...all]
      const { port, server } = yield* tcpfxServe(flags)
      const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
      yield* peer.send("hello\n")
      yield* peer.expect("hello\n")
      yield* peer.halfClose
      yield* peer.expectEnd
      const bad = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
      yield* bad.send("much too long a line\n")
      yield* bad.takeRest
      yield* server.waitFor("stderr", /#2 closed/)
      yield* server.kill("SIGTERM")
      expect((yield* server.ended).code).toBe(143)
      const [good, failed] = spansOf(bodies)
      if (good === undefined || failed === undefined) throw new Error("a span is missing")
      expect(good).toMatchObject({ name: "tcpfx.connection", kind: 2, status: { code: 1 } })
      expect(BigInt(good.startTimeUnixNano)).toBeLessThan(BigInt(good.endTimeUnixNano))
      expect(attributesOf(good)).toMatchObject({
        "tcpfx.connection": 1,
        "network.transport": "tcp",
        "network.peer.address": "127.0.0.1",
        "tcpfx.bytes_in": 6,
        "tcpfx.bytes_out": 6,
        "tcpfx.close_reason": "PeerClosed",
      })
      expect(failed.status).toMatchObject({ code: 2, message: "it sent a frame above 8 bytes" })
      const logs = logsOf(bodies).map((record) => [
        record.severityText,
        attributesOf(record)["event.name"],
        record.body.stringValue.replace(/:\d+.*/, ""),
      ])
      expect(logs).toContainEqual(["INFO", "ConnectionOpened", "#1 connected from 127.0.0.1"])
      expect(logs).toContainEqual(["INFO", undefined, "listening on 127.0.0.1"])
      expect(logs).toContainEqual(["WARN", "ConnectionClosed", expect.stringMatching(/^#2 closed/)])
      expect(sentTo(bodies, "/v1/metrics").length).toBeGreaterThan(0)
    }),
  )

  it.scopedLive("refuses what is not the URL of a collector", () =>
    expectServeRefuses([
      [["--otlp", "127.0.0.1:4318"], /--otlp: .*http:\/\/127\.0\.0\.1:4318/],
      [["--otlp", "grpc://x"], /--otlp: .*it is not a URL of HTTP/],
      [
        ["--otlp", "http://x", "--otlp-signals", "metrics,spans"],
        /--otlp-signals: "metrics,spans" .*metrics, traces, logs/,
      ],
      [["--otlp", "http://u:secret@x:4318"], /--otlp: "http:\/\/\*\*\*@x:4318" .*it has a user or a password/],
    ]),
  )
})

describe("tcpfx connect --otlp", () => {
  it.scopedLive("sends a span and the messages of its connection, and of an attempt that failed", () =>
    Effect.gen(function* () {
      const { bodies, url } = yield* collector(200)
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      const flags = ["--otlp", url, ...all]
      expect(yield* tcpfxRun(["connect", `127.0.0.1:${port}`, ...flags], "hi")).toMatchObject({ code: 0, stdout: "hi" })
      const [span] = spansOf(bodies)
      if (span === undefined) throw new Error("the span is missing")
      expect(span).toMatchObject({ name: "tcpfx.connection", kind: 3, status: { code: 1 } })
      expect(attributesOf(span)).toMatchObject({ "network.peer.port": port, "tcpfx.bytes_in": 2, "tcpfx.bytes_out": 2 })
      expect(logsOf(bodies).map((record) => attributesOf(record)["event.name"])).toEqual(
        expect.arrayContaining(["Connecting", "Connected", "Disconnected"]),
      )
      const [{ resourceMetrics }] = sentTo(bodies, "/v1/metrics").slice(-1)
      const metrics: ReadonlyArray<object> = resourceMetrics[0].scopeMetrics[0].metrics
      expect(metrics).toContainEqual(
        expect.objectContaining({
          name: "tcpfx_connections_closed_total",
          sum: expect.objectContaining({ dataPoints: [expect.objectContaining({ asDouble: 1 })] }),
        }),
      )
      bodies.length = 0
      const { port: unused, server } = yield* tcpfxServe(["--mode", "echo"])
      yield* server.kill("SIGTERM")
      yield* server.ended
      expect((yield* tcpfxRun(["connect", `127.0.0.1:${unused}`, ...flags])).code).toBe(1)
      expect(spansOf(bodies)).toMatchObject([
        { name: "tcpfx.connect", status: { code: 2, message: expect.stringContaining("connection refused") } },
      ])
    }),
  )
})
