import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { haveNetworks, network } from "../../support/netns.ts"

describe.skipIf(!haveNetworks())("tcpfx connect -z in a network", () => {
  it.scopedLive(
    "tells a port whose packets are dropped from one that refuses, and from a machine without a route",
    () =>
      Effect.gen(function* () {
        const net = yield* network
        const check = (...args: ReadonlyArray<string>) =>
          Effect.gen(function* () {
            const { ended, text } = yield* Effect.map(net.tcpfx(["-z", ...args]), (one) => ({
              ended: one.ended,
              text: () => one.text("stdout"),
            }))
            const { code } = yield* ended
            return { code, stdout: text() }
          })
        expect(yield* check("127.0.0.1", "9")).toEqual({
          code: 1,
          stdout: "127.0.0.1:9: connection refused; nothing listens there, or a firewall rejects it\n",
        })
        yield* net.shell("ip route add unreachable 192.0.2.1")
        expect(yield* check("192.0.2.1", "9")).toEqual({
          code: 1,
          stdout: "192.0.2.1:9: there is no route to that address; check the address and this machine's network\n",
        })
        yield* net.cut
        const started = yield* Effect.sync(() => performance.now())
        expect(yield* check("-w", "500ms", "127.0.0.1", "9,10")).toEqual({
          code: 1,
          stdout: [9, 10]
            .map((port) => `127.0.0.1:${port}: no answer in time; the host is down, or a firewall drops the packets\n`)
            .join(""),
        })
        expect(performance.now() - started).toBeGreaterThan(450)
      }),
  )
})
