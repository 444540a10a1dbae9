import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { untilStill } from "../support/kernel.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { tcpfx, tcpfxServe } from "../support/tcpfxProcess.ts"

const local = (port: number) => tcpEndpoint("127.0.0.1", port)
const volume = new Uint8Array(32 * 1024 * 1024).fill(0x61)

describe("a kill -9 during traffic", () => {
  it.scopedLive(
    "that hits a client gives PeerReset at the server, which serves the other clients and the next one",
    () =>
      Effect.gen(function* () {
        const { server, port } = yield* tcpfxServe(["--mode", "echo", "--no-traffic"])
        const other = yield* dialRaw(local(port))
        const client = yield* tcpfx(["connect", `${port}`, "--output", "raw"])
        yield* server.waitFor("stderr", /#2 connected/)
        yield* Effect.fork(client.write(volume))
        yield* client.waitForBytes("stdout", 1024 * 1024)
        // Unread bytes turn the end of the killed client into a reset (RFC 1122, 4.2.2.13).
        yield* Effect.sync(() => client.child.stdout.pause())
        yield* client.kill("SIGKILL")
        yield* server.waitFor("stderr", /#2 closed: reset by the peer/)
        yield* other.send("still here")
        yield* other.expect("still here")
        const next = yield* dialRaw(local(port))
        yield* next.send("next")
        yield* next.expect("next")
      }),
  )

  it.scopedLive("that hits the server makes the client report the reason and exit with 1", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--mode", "echo", "--no-traffic"])
      const client = yield* tcpfx(["connect", `${port}`, "--output", "raw"])
      yield* server.waitFor("stderr", /#1 connected/)
      yield* Effect.fork(client.write(volume))
      yield* client.waitForBytes("stdout", 1024 * 1024)
      yield* Effect.sync(() => server.child.kill("SIGSTOP"))
      // The stopped client reads no more. Killed with unread bytes, it ends with a reset.
      yield* untilStill("the client", () => client.bytes("stdout").length, 10)
      yield* server.kill("SIGKILL")
      expect(yield* client.ended).toEqual({ code: 1, signal: null })
      expect(client.text("stderr")).toMatch(/^tcpfx: the connection ended: reset by the peer$/m)
    }),
  )

  it.scopedLive(
    "that hits a client that a broker keeps after its FIN is reported at a later send, and the others miss nothing",
    () =>
      Effect.gen(function* () {
        const { connectPeer, endpoint, events, server } = yield* Testing.serve({ handler: Handler.broker() })
        const port = endpoint._tag === "Tcp" ? endpoint.port : 0
        const reader = yield* connectPeer()
        const other = yield* connectPeer()
        const client = yield* tcpfx(["connect", `${port}`, "--output", "raw"])
        yield* events.first("ConnectionOpened", 3)
        yield* client.write("from the one\n")
        yield* reader.expect("from the one\n")
        yield* client.kill("SIGKILL")
        yield* client.exited
        yield* other.send("from the other\n")
        yield* reader.expect("from the other\n")
        // The broker keeps a client that has sent FIN. The kernel of a killed client answers bytes with a reset.
        yield* server.broadcast(Uint8Array.of(0x0a))
        yield* server.broadcast(Uint8Array.of(0x0a))
        expect(yield* events.one("ConnectionClosed")).toMatchObject({ id: 3, reason: { _tag: "PeerClosed" } })
      }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
