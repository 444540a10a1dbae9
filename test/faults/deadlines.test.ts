import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { type Endpoint, Framing } from "../../src/domain/index.ts"
import { Handler, type ServerService } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { nextTurn } from "../../src/testing/turns.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { expectWholeLives } from "../support/eventGrammar.ts"
import { start } from "../support/tcpfxProcess.ts"
import { string, utf8 } from "../support/texts.ts"

/** The peer sends a byte. When it has arrived, TestClock advances by 20 ms. */
const drip = (peer: Testing.ScriptedPeer, server: ServerService, id: number) =>
  Effect.gen(function* () {
    const bytesIn = Effect.map(server.state, ({ connections }) => connections.find((one) => one.id === id)?.bytesIn)
    const before = yield* bytesIn
    yield* peer.send("x")
    while ((yield* bytesIn) === before) yield* nextTurn
    yield* TestClock.adjust("20 millis")
  })

/** A process that echoes until its connection ends. */
const echoProcess = (endpoint: Endpoint) => {
  const port = endpoint._tag === "Tcp" ? endpoint.port : 0
  return start(process.execPath, [
    "-e",
    `const s = require("net").connect(${port}, "127.0.0.1"); s.pipe(s); s.on("error", () => {})`,
  ])
}

// The clock is TestClock, and the sockets are real.
describe("a peer that sends single bytes and completes no frame", () => {
  it.scoped("is closed at the deadline of the first frame; a peer that has completed a frame stays", () =>
    Effect.gen(function* () {
      const { connectPeer, events, server } = yield* Testing.serve({
        handler: Handler.discard(),
        settings: {
          frame: Framing.line,
          firstFrameTimeout: Duration.millis(300),
        },
      })
      const honest = yield* connectPeer()
      yield* honest.send("hello\nand a part")
      yield* events.one("FrameReceived")
      const loris = yield* connectPeer()
      for (let time = 0; time < 280; time += 20) yield* drip(loris, server, 2)
      expect(events.all("ConnectionClosed")).toEqual([])
      // The server checks ten times in the 300 ms, so the check that closes the peer comes within the next tenth.
      yield* TestClock.adjust("50 millis")
      expect((yield* loris.takeRest).length).toBe(0)
      yield* loris.halfClose
      const closed = yield* events.one("ConnectionClosed")
      expect(closed).toMatchObject({ id: 2, reason: { _tag: "FirstFrameTimeout", timeoutMillis: 300 } })
      expect(closed.lifetimeMillis).toBeGreaterThanOrEqual(300)
      expect(closed.lifetimeMillis).toBeLessThanOrEqual(330)
      expect(closed.bytesIn).toBe(14)
      expect((yield* server.connections).map(({ id }) => id)).toEqual([1])
      expectWholeLives(events.seen.filter((event) => "id" in event && event.id === 2))
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scoped("is not idle: only a peer that sends nothing is, however much it receives", () =>
    Effect.gen(function* () {
      const { connectPeer, events, server } = yield* Testing.serve({
        handler: Handler.discard(),
        settings: {
          frame: Framing.line,
          idleTimeout: Duration.millis(300),
        },
      })
      const dripping = yield* connectPeer()
      const silent = yield* connectPeer()
      for (let time = 0; time < 800; time += 20) {
        yield* server.broadcast(utf8("news"))
        yield* drip(dripping, server, 1)
      }
      expect(string(yield* silent.takeRest)).toMatch(/^(news\n)+$/)
      yield* silent.halfClose
      const closed = yield* events.one("ConnectionClosed")
      expect(closed).toMatchObject({ id: 2, reason: { _tag: "IdleTimeout", timeoutMillis: 300 } })
      expect((yield* server.connections).map(({ id }) => id)).toEqual([1])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

describe("a stopped peer whose kernel acknowledges everything", () => {
  it.scopedLive("is closed by the heartbeat, and a peer that answers stays", () =>
    Effect.gen(function* () {
      const beat = { payload: utf8("beat"), interval: Duration.millis(200), timeout: Duration.millis(400) }
      const { endpoint, events, server } = yield* Testing.serve({
        handler: Handler.discard(),
        settings: { frame: Framing.line, heartbeat: beat },
      })
      const stopping = yield* echoProcess(endpoint)
      yield* events.first("ConnectionOpened", 1)
      yield* echoProcess(endpoint)
      yield* events.first("ConnectionOpened", 2)
      const answers = (id: number) => events.all("FrameReceived").filter((event) => event.id === id).length
      yield* events.until(() => (answers(1) > 0 && answers(2) > 0 ? true : undefined))
      yield* stopping.kill("SIGSTOP")
      const closed = yield* events.one("ConnectionClosed")
      yield* stopping.kill("SIGCONT")
      expect(closed).toMatchObject({ id: 1, reason: { _tag: "HeartbeatLost", timeoutMillis: 400 } })
      const before = answers(2)
      yield* events.until(() => (answers(2) > before ? true : undefined))
      expect((yield* server.connections).map(({ id }) => id)).toEqual([2])
      expect(events.all("FrameSent")).toEqual([])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

describe("a write deadline", () => {
  it.scopedLive("closes a peer that accepts no queued data, and the others get everything in order", () =>
    Effect.gen(function* () {
      const lines = 1500
      const line = (n: number) => `${n}:`.padEnd(16 * 1024 - 1, "x")
      const all = Array.from({ length: lines }, (_, n) => line(n))
      const { connect, connectPeer, events, server } = yield* Testing.serve({
        handler: Handler.broker(),
        settings: {
          frame: Framing.line,
          hubBudget: 1024 ** 3,
          writeTimeout: Duration.millis(500),
        },
      })
      const publisher = yield* connect()
      const readers = [yield* connectPeer(), yield* connectPeer()]
      yield* connectPeer({ reads: false })
      const reading = yield* Effect.fork(
        Effect.forEach(readers, (reader) => reader.take(lines * 16 * 1024), { concurrency: 2 }),
      )
      yield* Effect.forEach(all, (text) => publisher.send(utf8(text)), { discard: true })
      for (const bytes of yield* Fiber.join(reading)) expect(string(bytes).split("\n").slice(0, -1)).toEqual(all)
      const closed = yield* events.one("ConnectionClosed")
      expect(closed).toMatchObject({ id: 4, reason: { _tag: "WriteTimeout", timeoutMillis: 500 } })
      expect(closed.reason._tag === "WriteTimeout" ? closed.reason.pendingBytes : 0).toBeGreaterThan(0)
      expect((yield* server.connections).map(({ id }) => id)).toEqual([1, 2, 3])
      expect((yield* server.hub.stats).retainedBytes).toBe(0)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("does not close a peer that is silent and has no queued data", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: {
          frame: Framing.line,
          firstFrameTimeout: Duration.millis(200),
          writeTimeout: Duration.millis(50),
        },
      })
      const talking = yield* connect()
      yield* talking.send(utf8("one"))
      expect(yield* Testing.receiveText(talking)).toBe("one")
      yield* connect()
      const closed = yield* events.one("ConnectionClosed")
      expect(closed).toMatchObject({ id: 2, reason: { _tag: "FirstFrameTimeout" } })
      yield* talking.send(utf8("two"))
      expect(yield* Testing.receiveText(talking)).toBe("two")
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
