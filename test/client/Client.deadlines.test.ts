import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Client, type ClientSettings } from "../../src/client/index.ts"
import { Framing } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { record } from "../support/record.ts"
import { receiveText, serving, utf8 } from "../support/serving.ts"

const connected = (handler: Handler.Reactor, settings: Partial<ClientSettings>) =>
  Effect.gen(function* () {
    const { endpoint, server, ...served } = yield* serving(handler, { frame: Framing.line })
    const client = yield* Client.make({ frame: Framing.line, ...settings })
    const events = yield* record(client.subscribeEvents({ frames: true }))
    const connection = yield* client.connect(endpoint)
    return { connection, events, server, served: served.events }
  })

const heartbeat = { payload: utf8("ping"), interval: Duration.seconds(10), timeout: Duration.seconds(5) }

describe("a client", () => {
  it.scoped("detects a stopped server by an unanswered heartbeat", () =>
    Effect.gen(function* () {
      const { connection, events } = yield* connected(Handler.discard(), { heartbeat })
      yield* TestClock.adjust(Duration.seconds(17))
      const { reason } = yield* events.one("Disconnected")
      expect(reason).toEqual({ _tag: "HeartbeatLost", timeoutMillis: 5000 })
      expect((yield* Effect.flip(connection.receive)).reason).toEqual(reason)
      expect(events.all("FrameSent")).toEqual([])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("keeps a server that answers its heartbeats, however often", () =>
    Effect.gen(function* () {
      const { connection, events } = yield* connected(Handler.reply(utf8("pong")), { heartbeat })
      for (let answers = 1; answers <= 20; answers++) {
        yield* TestClock.adjust(Duration.seconds(11))
        yield* events.first("FrameReceived", answers)
      }
      expect(events.all("Disconnected")).toEqual([])
      expect(yield* receiveText(connection)).toBe("pong")
      yield* connection.close
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("closes the connection in order when the server sends nothing for the idle timeout", () =>
    Effect.gen(function* () {
      const { events, served } = yield* connected(Handler.discard(), { idleTimeout: Duration.seconds(10) })
      yield* TestClock.adjust(Duration.seconds(12))
      expect((yield* events.one("Disconnected")).reason).toEqual({ _tag: "IdleTimeout", timeoutMillis: 10_000 })
      expect((yield* served.one("ConnectionClosed")).reason).toEqual({ _tag: "PeerClosed" })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("resets a server that reads nothing of its queued bytes", () =>
    Effect.gen(function* () {
      const { endpoint, events: served } = yield* serving(() => Effect.never)
      const client = yield* Client.make({ writeTimeout: Duration.seconds(10), outbox: 64 * 1024 * 1024 })
      const events = yield* record(client.subscribeEvents())
      const connection = yield* client.connect(endpoint)
      yield* connection.send(new Uint8Array(4 * 1024 * 1024))
      yield* served.one("ConnectionOpened")
      yield* TestClock.adjust(Duration.seconds(12))
      expect((yield* events.one("Disconnected")).reason).toMatchObject({ _tag: "WriteTimeout", timeoutMillis: 10_000 })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
