import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { ConnectionId, Framing } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { utf8 } from "../support/texts.ts"

describe("the heartbeat", () => {
  const heartbeat = { payload: utf8("ping"), interval: Duration.seconds(10), timeout: Duration.seconds(5) }

  it.scoped("is sent to a silent peer, as a frame without FrameSent; any byte from the peer is a sign of life", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({
        handler: Handler.discard(),
        settings: { frame: Framing.line, heartbeat },
      })
      const peer = yield* connect()
      for (let round = 1; round <= 3; round++) {
        yield* TestClock.adjust("11 seconds")
        expect(yield* Testing.receiveText(peer)).toBe("ping")
        yield* peer.send(utf8("alive"))
        yield* events.first("FrameReceived", round)
      }
      expect(events.all("FrameSent")).toEqual([])
      expect(events.all("ConnectionClosed")).toEqual([])
      yield* TestClock.adjust("17 seconds")
      const closed = yield* events.one("ConnectionClosed")
      expect(closed.reason).toEqual({ _tag: "HeartbeatLost", timeoutMillis: 5000 })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("is not sent to a peer that has sent FIN and stays to listen: it could not answer", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({
        handler: Handler.broker("keep"),
        settings: { frame: Framing.line, heartbeat },
      })
      const listener = yield* connect()
      yield* listener.halfClose
      yield* events.one("ConnectionHalfClosed")
      yield* TestClock.adjust("60 seconds")
      expect(events.all("ConnectionClosed")).toEqual([])
      yield* server.broadcast(utf8("news"))
      expect(yield* Testing.receiveText(listener)).toBe("news")
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("comes between whole frames, also for a peer with queued bytes", () =>
    Effect.gen(function* () {
      const patient = { ...heartbeat, timeout: Duration.minutes(10) }
      const { connect, server } = yield* Testing.serve({
        handler: Handler.broker(),
        settings: { frame: Framing.line, heartbeat: patient },
      })
      const slow = yield* connect({ inbox: 1 })
      const line = "x".repeat(3000)
      yield* Effect.forkScoped(Effect.replicateEffect(server.broadcast(utf8(line)), 20))
      const got: Array<string | undefined> = []
      while (got.length < 10) got.push(yield* Testing.receiveText(slow))
      yield* TestClock.adjust("12 seconds")
      while (got.length < 21) got.push(yield* Testing.receiveText(slow))
      expect(got.filter((text) => text === line).length).toBe(20)
      expect(got.filter((text) => text === "ping").length).toBe(1)
    }).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes: 1000 }))),
  )

  it.scoped.each([Framing.raw, Framing.gap("20 millis"), Framing.fixed(4)])(
    "is sent as its bytes alone in a framing without marks: $name",
    (frame) =>
      Effect.gen(function* () {
        const { connect, events } = yield* Testing.serve({ handler: Handler.discard(), settings: { frame, heartbeat } })
        const peer = yield* connect({ frame: Framing.raw })
        yield* TestClock.adjust("11 seconds")
        expect(yield* Testing.receiveText(peer)).toBe("ping")
        yield* TestClock.adjust("6 seconds")
        const { reason } = yield* events.one("ConnectionClosed")
        expect(reason).toEqual({ _tag: "HeartbeatLost", timeoutMillis: 5000 })
      }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

describe("the write deadline", () => {
  it.scoped("does not end a peer that receives little but steadily", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({
        handler: Handler.discard(),
        settings: {
          frame: Framing.line,
          outbox: 1024 * 1024,
          writeTimeout: Duration.seconds(2),
        },
      })
      const slow = yield* connect({ inbox: 1 })
      const line = utf8("x".repeat(8 * 1024))
      for (let sent = 0; sent < 40; sent++) yield* server.send(ConnectionId.make(1), line)
      for (let second = 0; second < 20; second++) {
        expect((yield* server.connections)[0]?.pendingBytes).toBeGreaterThan(0)
        yield* slow.receive
        yield* turns(20)
        yield* TestClock.adjust("1 second")
      }
      expect(events.all("ConnectionClosed")).toEqual([])
      yield* TestClock.adjust("3 seconds")
      const closed = yield* events.one("ConnectionClosed")
      expect(closed.reason).toMatchObject({ _tag: "WriteTimeout", timeoutMillis: 2000 })
    }).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes: 8 * 1024 }))),
  )
})

describe("the deadline of the first frame", () => {
  it.scoped("does not pass while the peer is not read", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({
        handler: Handler.broker(),
        settings: {
          frame: Framing.line,
          firstFrameTimeout: Duration.seconds(10),
        },
      })
      const blocking = yield* server.subscribeEvents({ frames: true, bufferBytes: 1, overflow: "block" })
      yield* server.broadcast(utf8("holds everybody back")).pipe(Effect.fork)
      const peer = yield* connect()
      yield* peer.send(utf8("waits to be read"))
      yield* TestClock.adjust("30 seconds")
      expect(events.all("ConnectionClosed")).toEqual([])
      void blocking
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
