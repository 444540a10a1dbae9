import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readExposition } from "../../support/exposition.ts"
import { askHttp } from "../../support/http.ts"
import { tcpfx, tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"

describe("tcpfx connect --metrics", () => {
  it.scopedLive("serves the metrics of a client, which is ready while it is connected", () =>
    Effect.gen(function* () {
      const { port, server } = yield* tcpfxServe(["--mode", "echo"])
      const client = yield* tcpfx(["connect", `127.0.0.1:${port}`, "--metrics", "0", "--frame", "line", "--reconnect"])
      const [, base = ""] = yield* client.waitFor("stderr", /^tcpfx: metrics at (http:\/\/127\.0\.0\.1:\d+)\/metrics$/m)
      yield* client.write("hello\n")
      yield* client.waitFor("stdout", /hello/)
      expect(yield* askHttp(`${base}/readyz`)).toMatchObject({ status: 200, body: "ready\n" })
      // The counts of bytes and frames are sampled once a second.
      const frames = 'tcpfx_frames_in_total{side="client"}'
      const metrics = yield* Effect.repeat(
        Effect.map(askHttp(`${base}/metrics`), ({ body }) => readExposition(body)),
        { until: (all) => all.get("tcpfx_frames_in_total")?.samples.get(frames) === 1 },
      )
      expect(metrics.get("tcpfx_bytes_in_total")?.samples.get('tcpfx_bytes_in_total{side="client"}')).toBe(6)
      expect(metrics.get("tcpfx_connections")?.samples.get('tcpfx_connections{side="client"}')).toBe(1)
      expect(metrics.has("process_cpu_seconds_total")).toBe(true)
      yield* server.kill("SIGKILL")
      const status = Effect.map(askHttp(`${base}/readyz`), ({ body, status: code }) => `${code} ${body.trim()}`)
      yield* Effect.repeat(status, { until: (text) => text === "503 not connected" })
      expect(yield* askHttp(`${base}/healthz`)).toMatchObject({ status: 200 })
    }),
  )

  it.scopedLive("refuses a port in use with one line", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      const { code, stderr } = yield* tcpfxRun(["connect", `127.0.0.1:${port}`, "--metrics", `127.0.0.1:${port}`])
      expect([code, stderr]).toEqual([2, `tcpfx: --metrics 127.0.0.1:${port}: the port is in use\n`])
    }),
  )
})
