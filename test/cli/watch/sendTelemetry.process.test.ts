import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { expectServeRefuses, tcpfxServe } from "../../support/tcpfxProcess.ts"

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
        `tcpfx: --otlp: the collector at ${url} does not take metrics (HTTP status 404); tcpfx tries again\n`,
      )
    }),
  )

  it.scopedLive("refuses what is not the URL of a collector", () =>
    expectServeRefuses([
      [["--otlp", "127.0.0.1:4318"], /--otlp: .*http:\/\/127\.0\.0\.1:4318/],
      [["--otlp", "grpc://x"], /--otlp: .*it is not a URL of HTTP/],
      [["--otlp", "http://u:secret@x:4318"], /--otlp: "http:\/\/\*\*\*@x:4318" .*it has a user or a password/],
    ]),
  )
})
