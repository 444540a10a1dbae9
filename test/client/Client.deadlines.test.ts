import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Client, type ClientSettings } from "../../src/client/index.ts"
import { Framing } from "../../src/domain/index.ts"
import { Handler, Server } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { anyPort } from "../support/eachTransport.ts"
import { utf8 } from "../support/texts.ts"

/** A connection, and the events of both sides. */
const connected = Effect.gen(function* () {
  const [server, client] = yield* Effect.all([Server, Client])
  const served = yield* Testing.probe(server.subscribeEvents())
  const events = yield* Testing.probe(client.subscribeEvents({ frames: true }))
  return { connection: yield* Testing.connect(), events, served }
})

const between = (handler: Handler.Reactor, clientSettings: Partial<ClientSettings>) =>
  Effect.provide(Testing.layer({ handler, settings: { frame: Framing.line }, clientSettings }))

const heartbeat = { payload: utf8("ping"), interval: Duration.seconds(10), timeout: Duration.seconds(5) }

describe("a client", () => {
  it.scoped("detects a stopped server by an unanswered heartbeat", () =>
    Effect.gen(function* () {
      const { connection, events } = yield* connected
      yield* TestClock.adjust(Duration.seconds(17))
      const { reason } = yield* events.one("Disconnected")
      expect(reason).toEqual({ _tag: "HeartbeatLost", timeoutMillis: 5000 })
      expect((yield* Effect.flip(connection.receive)).reason).toEqual(reason)
      expect(events.all("FrameSent")).toEqual([])
    }).pipe(between(Handler.discard(), { heartbeat })),
  )

  it.scoped("keeps a server that answers its heartbeats, however often", () =>
    Effect.gen(function* () {
      const { connection, events } = yield* connected
      for (let answers = 1; answers <= 20; answers++) {
        yield* TestClock.adjust(Duration.seconds(11))
        yield* events.first("FrameReceived", answers)
      }
      expect(events.all("Disconnected")).toEqual([])
      expect(yield* Testing.receiveText(connection)).toBe("pong")
      yield* connection.close
    }).pipe(between(Handler.reply(utf8("pong")), { heartbeat })),
  )

  it.scoped("closes the connection in order when the server sends nothing for the idle timeout", () =>
    Effect.gen(function* () {
      const { events, served } = yield* connected
      yield* TestClock.adjust(Duration.seconds(12))
      expect((yield* events.one("Disconnected")).reason).toEqual({ _tag: "IdleTimeout", timeoutMillis: 10_000 })
      expect((yield* served.one("ConnectionClosed")).reason).toEqual({ _tag: "PeerClosed" })
    }).pipe(between(Handler.discard(), { idleTimeout: Duration.seconds(10) })),
  )

  it.scoped("resets a server that reads nothing of its queued bytes", () =>
    Effect.gen(function* () {
      const { accept, endpoint } = yield* Testing.listenForPeers(anyPort, { reads: false })
      const client = yield* Client.make({ writeTimeout: Duration.seconds(10), outbox: 64 * 1024 * 1024 })
      const events = yield* Testing.probe(client.subscribeEvents())
      const connection = yield* client.connect(endpoint)
      yield* connection.send(new Uint8Array(4 * 1024 * 1024))
      yield* accept
      yield* TestClock.adjust(Duration.seconds(12))
      expect((yield* events.one("Disconnected")).reason).toMatchObject({ _tag: "WriteTimeout", timeoutMillis: 10_000 })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
