import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Client } from "../../src/client/index.ts"
import { Framing } from "../../src/domain/index.ts"
import { Handler, Server, type ServerSettings } from "../../src/server/index.ts"
import { Testing, VirtualNetwork } from "../../src/testing/index.ts"
import { utf8 } from "../support/texts.ts"

const heartbeat = { payload: utf8("ping"), interval: Duration.seconds(10), timeout: Duration.seconds(5) }

const lines = (more: Testing.TestingOptions & { readonly settings?: Partial<ServerSettings> } = {}) =>
  Testing.layer({ ...more, handler: Handler.echo(), settings: { frame: Framing.line, ...more.settings } })

describe("programs on a virtual network with faults", () => {
  it.scoped("fail to connect with Timeout while the hosts are parted, and connect after the heal", () =>
    Effect.gen(function* () {
      const network = yield* VirtualNetwork
      yield* network.partition("client", "server")
      const failing = yield* Effect.fork(Effect.flip(Testing.connect()))
      yield* TestClock.adjust("5 seconds")
      expect((yield* Fiber.join(failing)).reason).toBe("Timeout")
      yield* network.heal("client", "server")
      yield* Testing.connect()
    }).pipe(Effect.provide(lines({ clientSettings: { connectTimeout: "5 seconds" } }))),
  )

  it.scoped("notice a connection that is lost without a sign by their heartbeats, on both sides", () =>
    Effect.gen(function* () {
      const network = yield* VirtualNetwork
      const [server, client] = yield* Effect.all([Server, Client])
      const [served, events] = [
        yield* Testing.probe(server.subscribeEvents()),
        yield* Testing.probe(client.subscribeEvents()),
      ]
      const connection = yield* Testing.connect()
      yield* network.silence("server", "client")
      yield* connection.send(utf8("nobody hears"))
      yield* TestClock.adjust("17 seconds")
      const lost = { reason: { _tag: "HeartbeatLost" } } as const
      yield* served.expectInOrder("ConnectionOpened", { _tag: "ConnectionClosed", ...lost })
      yield* events.expectInOrder("Connected", { _tag: "Disconnected", ...lost })
    }).pipe(Effect.provide(lines({ settings: { heartbeat }, clientSettings: { heartbeat } }))),
  )

  it.scoped("get every frame in order over a slow line with latency, split reads and a partition", () =>
    Effect.gen(function* () {
      const network = yield* VirtualNetwork
      const connecting = yield* Effect.fork(Testing.connect())
      yield* TestClock.adjust("1 second")
      const connection = yield* Fiber.join(connecting)
      const sent = Array.from({ length: 50 }, (_, at) => `line ${at} ${"ä".repeat(at)}`)
      const sending = yield* Effect.fork(Effect.forEach(sent, (text) => connection.send(utf8(text))))
      const receiving = yield* Effect.fork(Effect.forEach(sent, () => Testing.receiveText(connection)))
      yield* TestClock.adjust("1 second")
      yield* network.partition("client", "server")
      yield* TestClock.adjust("10 seconds")
      expect(receiving.unsafePoll()).toBe(null)
      yield* network.heal("client", "server")
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(sending)
      expect(yield* Fiber.join(receiving)).toEqual(sent)
    }).pipe(
      Effect.provide(lines({ network: { link: { latency: "200 millis", bytesPerSecond: 1000, chunkBytes: [1, 7] } } })),
    ),
  )

  it.scoped("continue a session after a reset", () =>
    Effect.gen(function* () {
      const network = yield* VirtualNetwork
      const [server, client] = yield* Effect.all([Server, Client])
      const served = yield* Testing.probe(server.subscribeEvents({ frames: true }))
      const [endpoint] = yield* server.listening
      if (endpoint === undefined) return yield* Effect.dieMessage("the server does not listen")
      const session = yield* client.session(endpoint)
      yield* session.send(utf8("before"))
      yield* served.next("FrameReceived")
      expect(yield* network.reset("server", "client")).toBe(1)
      yield* served.next("ConnectionClosed", ({ reason }) => reason._tag === "PeerReset")
      yield* session.send(utf8("after"))
      yield* TestClock.adjust("1 minute")
      yield* served.expectInOrder("ConnectionOpened", { _tag: "FrameReceived", bytes: utf8("after") })
    }).pipe(Effect.provide(lines())),
  )
})
