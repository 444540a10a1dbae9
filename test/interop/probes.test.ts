import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../src/domain/index.ts"
import { haproxy } from "../support/haproxy.ts"
import { haveAll } from "../support/peers.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { start, tcpfxRun, tcpfxServe } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

// The programs of this test take seconds to start on a busy machine.
const patient = { within: "50 seconds" } as const

/** An HAProxy that checks the health of a server every 20 ms, by a TCP connection without data. */
const checking = (port: number) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const file = join(folder, "haproxy.cfg")
    // HAProxy ends at once without a listener. Without `linger`, its checks answer SYN-ACK with RST, so no server sees them.
    const checks = "  option tcp-check\n  tcp-check connect linger\n"
    const listen = `listen devices\n  bind unix@${join(folder, "in")}\n`
    const times = "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n"
    writeFileSync(file, `${times}${listen}${checks}  server one 127.0.0.1:${port} check inter 20ms\n`)
    return yield* start("haproxy", ["-db", "-f", file])
  })

describe.skipIf(!haveAll(haproxy))("tcpfx serve --quiet-probes behind the health checks of HAProxy", () => {
  it.scopedLive("shows no checks of a TLS port, which are refused, and counts them", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const control = join(folder, "control")
      const { port, server } = yield* tcpfxServe(["--quiet-probes", "--tls", "--control", control])
      yield* checking(port)
      const asked = Effect.map(tcpfxRun(["connect", `unix:${control}`, "--send", "state\\n"]), ({ stdout }) =>
        JSON.parse(stdout),
      )
      yield* Effect.repeat(asked, { until: ({ refused }) => refused >= 5 })
      yield* server.kill("SIGTERM")
      yield* server.ended
      expect(server.text("stderr")).not.toMatch(/refused: TLS/)
      expect(server.text("stderr")).toMatch(/ \d+ connections in .* carried no data \(--quiet-probes\)$/m)
    }),
  )

  it.scopedLive("shows only the other connections, counts the checks at its end and in its state, and logs them", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const [control, log] = [join(folder, "control"), join(folder, "log")]
      const flags = ["--quiet-probes", "--mode", "echo", "--control", control, "--log", log]
      const { port, server } = yield* tcpfxServe(flags)
      yield* checking(port)
      const asked = Effect.map(tcpfxRun(["connect", `unix:${control}`, "--send", "state\\n"]), ({ stdout }) =>
        JSON.parse(stdout),
      )
      const state = yield* Effect.repeat(asked, { until: ({ unused }) => unused >= 5 })
      expect(state.unused).toBeLessThanOrEqual(state.closed)
      const client = yield* dialRaw(tcpEndpoint("127.0.0.1", port), patient)
      yield* client.send("x")
      yield* client.take(1)
      yield* client.halfClose
      yield* server.waitFor("stderr", /closed: by the peer; 1 B in/)
      yield* server.kill("SIGTERM")
      yield* server.ended
      const rows = server.text("stderr")
      expect(rows.match(/ connected from /g)).toHaveLength(1)
      expect(rows).toMatch(/ \d+ connections in .* carried no data \(--quiet-probes\)$/m)
      expect(readFileSync(log, "utf8").match(/"ConnectionOpened"/g)?.length).toBeGreaterThan(5)
    }),
  )
})
