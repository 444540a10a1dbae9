import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { haveNetworks, network } from "../../support/netns.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

describe.skipIf(!haveNetworks())("tcpfx serve on a system that allows less than requested", () => {
  it.scopedLive("says how many connections wait to be accepted, on standard error and in its state", () =>
    Effect.gen(function* () {
      const { setAcceptQueue, tcpfx } = yield* network
      yield* setAcceptQueue(100)
      const path = join(yield* temporaryFolder, "control")
      const server = yield* tcpfx(["serve", "127.0.0.1:0", "--control", path, "--mode", "discard"])
      yield* server.waitFor("stderr", /listening on .*\n(.*\n)*tcpfx: the system lets only 100 connections wait .*4096/)
      const state = yield* tcpfx(["connect", `unix:${path}`, "--send", "state\\n"])
      const { code } = yield* state.ended
      expect([code, JSON.parse(state.text("stdout")).backlog]).toEqual([0, 100])
      const modest = yield* tcpfx(["serve", "127.0.0.1:0", "--backlog", "100", "--mode", "discard"])
      yield* modest.waitFor("stderr", /listening on .*\n.*only this machine/)
      expect(modest.text("stderr")).not.toContain("wait to be accepted")
    }),
  )

  it.scopedLive("says that the machine has no IPv6, and what to listen on instead", () =>
    Effect.gen(function* () {
      const { tcpfx, withoutIpv6 } = yield* network
      yield* withoutIpv6
      const server = yield* tcpfx(["serve", "[::1]:0"])
      expect((yield* server.ended).code).toBe(2)
      expect(server.text("stderr")).toBe(
        "tcpfx: cannot listen on [::1]:0: this machine has no IPv6; listen on 127.0.0.1\n",
      )
    }),
  )
})
