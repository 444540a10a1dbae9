import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { formatEndpoint } from "../../src/domain/index.ts"
import {
  dialWith,
  freshAbstractEndpoint,
  haveAbstractNames,
  haveAll,
  listenWith,
  serveAt,
  socat,
} from "../support/peers.ts"
import { tcpfxRun } from "../support/tcpfxProcess.ts"

describe.skipIf(!haveAbstractNames() || !haveAll(socat))("an abstract name of a unix socket", () => {
  it.scopedLive("is the same for tcpfx serve as for socat", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* serveAt(freshAbstractEndpoint, "--mode", "echo")
      const client = yield* dialWith(socat, endpoint)
      yield* client.write("there and back\n")
      yield* client.waitFor("stdout", /there and back/)
    }),
  )

  it.scopedLive("is the same for tcpfx connect as for socat", () =>
    Effect.gen(function* () {
      const { listener, endpoint } = yield* listenWith(socat, freshAbstractEndpoint)
      yield* listener.endInput
      expect(yield* tcpfxRun(["connect", formatEndpoint(endpoint)], "hello\n")).toMatchObject({ code: 0 })
      yield* listener.waitFor("stdout", /hello/)
    }),
  )

  it.scopedLive("is in use while a listener has it, and free at once afterwards", () =>
    Effect.gen(function* () {
      const { endpoint, server } = yield* serveAt(freshAbstractEndpoint)
      const again = yield* tcpfxRun(["serve", formatEndpoint(endpoint)])
      expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("in use") })
      yield* server.kill("SIGKILL")
      yield* server.ended
      const refused = yield* tcpfxRun(["connect", formatEndpoint(endpoint)])
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("connection refused") })
      yield* serveAt(Effect.succeed(endpoint))
    }),
  )
})
