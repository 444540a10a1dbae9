import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint, unixEndpoint } from "../../../src/domain/index.ts"
import { readExposition } from "../../support/exposition.ts"
import { askHttp } from "../../support/http.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { expectServeRefuses, tcpfxServe } from "../../support/tcpfxProcess.ts"
import { string } from "../../support/texts.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

const metricsLine = /^tcpfx: metrics at (http:\/\/\S+)\/metrics$/m

/** A server with `--metrics`, and its address for HTTP. */
const watched = (args: ReadonlyArray<string>, address = "127.0.0.1:0") =>
  Effect.gen(function* () {
    const { port, server } = yield* tcpfxServe(["--metrics", address, ...args])
    const [, base = ""] = yield* server.waitFor("stderr", metricsLine)
    return { base, port, server }
  })

describe("tcpfx serve --metrics", () => {
  it.scopedLive("serves metrics in the format of Prometheus, and counts connections, bytes and frames", () =>
    Effect.gen(function* () {
      const { base, port } = yield* watched(["--mode", "echo", "--frame", "line"], "0")
      const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
      yield* peer.send("one\ntwo\n")
      yield* peer.take(8)
      // The counts of bytes and frames are sampled once a second.
      const frames = 'tcpfx_frames_in_total{side="server"}'
      const sampled = Effect.repeat(
        Effect.map(askHttp(`${base}/metrics`), (answer) => ({ answer, metrics: readExposition(answer.body) })),
        { until: ({ metrics }) => metrics.get("tcpfx_frames_in_total")?.samples.get(frames) === 2 },
      )
      const { answer, metrics } = yield* sampled
      expect(answer).toMatchObject({
        status: 200,
        headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8", connection: "close" },
      })
      const sampleOf = (name: string, labels = "") => metrics.get(name)?.samples.get(`${name}${labels}`)
      expect(sampleOf("tcpfx_connections", '{side="server"}')).toBe(1)
      expect(sampleOf("tcpfx_bytes_in_total", '{side="server"}')).toBe(8)
      expect(sampleOf("tcpfx_pending_bytes")).toBe(0)
      for (const name of ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"]) {
        expect(sampleOf(name)).toBeGreaterThan(0)
      }
      expect([...metrics.keys()].every((name) => /^(tcpfx|process|nodejs)_/.test(name))).toBe(true)
    }),
  )

  it.scopedLive("is ready while it accepts connections, and not while it is suspended, drains or does not listen", () =>
    Effect.gen(function* () {
      const control = join(yield* temporaryFolder, "control")
      const { base, port, server } = yield* watched(["--mode", "discard", "--drain", "1m", "--control", control])
      const status = Effect.map(askHttp(`${base}/readyz`), ({ body, status: code }) => `${code} ${body.trim()}`)
      expect(yield* status).toBe("200 ready")
      const operator = yield* dialRaw(unixEndpoint(control))
      for (const [command, expected] of [
        ["suspend", "503 suspended"],
        ["resume", "200 ready"],
        ["stop", "503 not listening"],
        [`listen 127.0.0.1:${port}`, "200 ready"],
      ] as const) {
        yield* operator.send(`${command}\n`)
        yield* operator.take(1)
        expect(yield* status).toBe(expected)
      }
      const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
      yield* server.waitFor("stderr", /#1 connected/)
      yield* server.kill("SIGTERM")
      // The client has not sent FIN, so the drain goes on.
      yield* server.waitFor("stderr", /draining 1 connection/)
      expect(yield* status).toBe("503 draining")
      expect(yield* askHttp(`${base}/healthz`)).toMatchObject({ status: 200, body: "ok\n" })
      yield* peer.halfClose
      expect((yield* server.ended).code).toBe(143)
    }),
  )

  it.scopedLive("is not ready for --drain-delay and still accepts clients, until a second signal", () =>
    Effect.gen(function* () {
      const { base, port, server } = yield* watched(["--mode", "echo", "--drain-delay", "1h"])
      yield* server.kill("SIGTERM")
      yield* server.waitFor("stderr", /^tcpfx: not ready for new clients; the server still accepts them for 1 h$/m)
      expect(yield* askHttp(`${base}/readyz`)).toMatchObject({ status: 503, body: "about to drain\n" })
      expect(yield* askHttp(`${base}/healthz`)).toMatchObject({ status: 200 })
      const late = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
      yield* late.send("late")
      yield* late.expect("late")
      yield* server.kill("SIGTERM")
      expect((yield* server.ended).code).toBe(143)
    }),
  )

  it.scopedLive("lets clients leave by themselves for --drain-wait, and then ends", () =>
    Effect.gen(function* () {
      const { base, port, server } = yield* watched(["--mode", "echo", "--drain-delay", "1ms", "--drain-wait", "1h"])
      const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
      yield* server.waitFor("stderr", /#1 connected/)
      yield* server.kill("SIGTERM")
      yield* server.waitFor("stderr", /^tcpfx: waits for the clients to leave, 1 h at most$/m)
      yield* server.waitFor("stderr", /stopped listening/)
      expect(yield* askHttp(`${base}/readyz`)).toMatchObject({ status: 503, body: "about to drain\n" })
      yield* peer.send("still here")
      yield* peer.expect("still here")
      yield* peer.halfClose
      yield* peer.expectEnd
      expect((yield* server.ended).code).toBe(143)
      expect(server.text("stderr")).not.toContain("draining")
    }),
  )

  it.scopedLive("answers only GET and HEAD of its paths, one request for each connection", () =>
    Effect.gen(function* () {
      const { base } = yield* watched(["--mode", "echo"])
      expect(yield* askHttp(`${base}/metrics`, "POST")).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } })
      expect(yield* askHttp(`${base}/metrics?x=1`, "HEAD")).toMatchObject({ status: 200, body: "" })
      for (const path of ["/", "/metrics/", "/constructor"]) {
        expect(yield* askHttp(`${base}${path}`)).toMatchObject({ status: 404 })
      }
      const { hostname, port } = new URL(base)
      const peer = yield* dialRaw(tcpEndpoint(hostname, Number(port)))
      const request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
      yield* peer.send(request.repeat(20))
      expect(string(yield* peer.takeRest).match(/^HTTP\/1\.1 200/gm)?.length).toBe(1)
      const nonsense = yield* dialRaw(tcpEndpoint(hostname, Number(port)))
      yield* nonsense.send("nonsense\r\n\r\n")
      yield* nonsense.takeRest
      expect(yield* askHttp(`${base}/healthz`)).toMatchObject({ status: 200 })
    }),
  )

  it.scopedLive("says that other machines can read the metrics of an address other than loopback", () =>
    Effect.gen(function* () {
      const { server } = yield* watched(["--mode", "echo"], "0.0.0.0:0")
      yield* server.waitFor(
        "stderr",
        /^tcpfx: every machine that can reach http:\/\/0\.0\.0\.0:\d+ can read the metrics$/m,
      )
    }),
  )

  it.scopedLive("refuses an address that is not a host and port, and a port in use", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      yield* expectServeRefuses([
        [["--metrics", "unix:/x"], /--metrics: .*unix:\/x.* HTTP on a TCP port/],
        [["--metrics", "127.0.0.1:70000"], /--metrics: .*70000/],
        [["--metrics", "127.0.0.1"], /--metrics: .*the port is missing/],
        [["--metrics", "::1"], /--metrics: .*the port is missing/],
        [["--metrics", `127.0.0.1:${port}`], new RegExp(`--metrics 127\\.0\\.0\\.1:${port}: the port is in use`)],
      ])
    }),
  )
})
