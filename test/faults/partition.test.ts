import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { haveNetworks, network } from "../support/netns.ts"

/** A server and a client in a network that the test can cut. */
const connected = (serveArgs: ReadonlyArray<string>, connectArgs: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const net = yield* network
    const server = yield* net.tcpfx(["serve", "127.0.0.1:0", ...serveArgs], { TCPFX_CLOSE_DEADLINE: "300ms" })
    const [, port = ""] = yield* server.waitFor("stderr", /listening on 127\.0\.0\.1:(\d+)/)
    const client = yield* net.tcpfx(["connect", port, "--output", "text", ...connectArgs])
    yield* client.write("before\n")
    yield* server.waitFor("stdout", /#1 < before/)
    return { net, server, client, port }
  })

describe.skipIf(!haveNetworks())("a network that loses every packet", () => {
  it.scopedLive("for a moment loses no data and ends no connection", () =>
    Effect.gen(function* () {
      const { client, net, server } = yield* connected([], [])
      yield* net.cut
      yield* client.write("from the client\n")
      yield* client.waitFor("stdout", /> from the client/)
      yield* server.write("from the server\n")
      yield* server.waitFor("stdout", /> from the server/)
      expect(server.text("stdout")).not.toMatch(/< from the client/)
      expect(client.text("stdout")).not.toMatch(/< from the server/)
      yield* net.mend
      yield* server.waitFor("stdout", /#1 < from the client/)
      yield* client.waitFor("stdout", /< from the server/)
      expect(server.text("stderr")).not.toMatch(/closed/)
      expect(client.text("stderr")).not.toMatch(/disconnected/)
    }),
  )

  it.scopedLive(
    "for longer than the kernel retries gives a vanished peer on both sides; new connections work afterwards",
    () =>
      Effect.gen(function* () {
        const { client, net, server } = yield* connected([], ["--reconnect"])
        yield* net.setRetries(2)
        yield* net.cut
        yield* server.write("into the void\n")
        yield* client.write("into the void too\n")
        yield* server.waitFor("stderr", /#1 closed: the peer vanished \(ETIMEDOUT\)/)
        yield* client.waitFor("stderr", /the peer vanished \(ETIMEDOUT\)/)
        yield* net.mend
        yield* server.waitFor("stderr", /#2 connected/)
        yield* client.write("again\n")
        yield* server.waitFor("stdout", /#2 < again/)
      }),
  )

  it.scopedLive("keeps no silent peer: the idle timeout ends its connection, and the server serves the next one", () =>
    Effect.gen(function* () {
      const { net, port, server } = yield* connected(["--idle-timeout", "300ms"], [])
      yield* net.cut
      yield* server.waitFor("stderr", /#1 closed: it sent nothing for 300 ms/)
      yield* net.mend
      const next = yield* net.tcpfx(["connect", port, "--send", "next"])
      yield* server.waitFor("stdout", /#2 < next/)
      yield* next.endInput
    }),
  )
})
