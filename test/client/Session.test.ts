import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Client, type SessionOptions } from "../../src/client/index.ts"
import { type Endpoint, Framing, tcpEndpoint } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { string, utf8 } from "../support/texts.ts"

const nowhere = tcpEndpoint("127.0.0.1", 1)
const quick = { jitter: 0, baseDelay: Duration.millis(20), maxDelay: Duration.millis(20) }

const sessionTo = (endpoint: Endpoint = nowhere, options: SessionOptions = {}) =>
  Effect.gen(function* () {
    const client = yield* Client.make({ frame: Framing.line })
    const events = yield* Testing.probe(client.subscribeEvents())
    return { events, session: yield* client.session(endpoint, { reconnect: quick, ...options }) }
  })

const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => `${from + at}`)

describe("a session", () => {
  overEachTransport("sends the outbox after it has connected, in order and before newer payloads", () =>
    Effect.gen(function* () {
      const {
        endpoint,
        events: told,
        server,
      } = yield* Testing.serve({ handler: Handler.echo(), settings: { frame: Framing.line } })
      yield* server.stopListening(endpoint)
      const { events, session } = yield* sessionTo(endpoint)
      yield* events.first("ConnectFailed", 2)
      yield* Effect.forEach(numbered(1, 50), (text) => session.send(utf8(text)))
      expect(yield* session.state).toEqual({ isConnected: false, pendingBytes: 91, pendingFrames: 50 })
      yield* server.startListening(endpoint)
      yield* Effect.forEach(numbered(51, 60), (text) => session.send(utf8(text)))
      const echoed = yield* Stream.runCollect(Stream.take(session.frames, 60))
      expect(Chunk.toReadonlyArray(echoed).map(string)).toEqual(numbered(1, 60))
      expect(yield* session.state).toEqual({ isConnected: true, pendingBytes: 0, pendingFrames: 0 })
      yield* session.close
      yield* told.one("ConnectionClosed")
    }),
  )

  overEachTransport("continues over a new connection when the server ends the old one", () =>
    Effect.gen(function* () {
      const {
        endpoint,
        events: told,
        server,
      } = yield* Testing.serve({ handler: Handler.echo(), settings: { frame: Framing.line } })
      const { session } = yield* sessionTo(endpoint)
      const echoed = yield* Effect.fork(Stream.runCollect(Stream.take(session.frames, 4)))
      yield* session.send(utf8("a"))
      yield* session.send(utf8("b"))
      yield* told.first("FrameReceived", 2)
      const [first] = yield* told.first("ConnectionOpened", 1)
      yield* server.kick(first?.id ?? (yield* Effect.die("nobody")))
      yield* told.one("ConnectionClosed")
      yield* session.send(utf8("c"))
      yield* session.send(utf8("d"))
      expect(Chunk.toReadonlyArray(yield* Fiber.join(echoed)).map(string)).toEqual(["a", "b", "c", "d"])
      yield* session.close
    }),
  )

  overEachTransport("leaves the payloads that a reader has not taken to the next reader", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* Testing.serve({
        handler: (connection) =>
          Effect.zipRight(
            connection.sendAll(Stream.fromIterable(numbered(1, 5).map((n) => utf8(`${n}\n`)))),
            Effect.never,
          ),
      })
      const { session } = yield* sessionTo(endpoint)
      const taken: Array<ReadonlyArray<string>> = []
      for (const count of [1, 1, 2, 1]) {
        const some = yield* Stream.runCollect(Stream.take(session.frames, count))
        taken.push(Chunk.toReadonlyArray(some).map(string))
      }
      expect(taken).toEqual([["1"], ["2"], ["3", "4"], ["5"]])
    }),
  )

  it.scoped("lets the sender wait when its outbox is full, and loses nothing", () =>
    Effect.gen(function* () {
      const { endpoint, server } = yield* Testing.serve({ handler: Handler.echo(), settings: { frame: Framing.line } })
      yield* server.stopListening(endpoint)
      const { session } = yield* sessionTo(endpoint, { outboxBytes: 4 })
      yield* session.send(utf8("one"))
      const waiting = yield* Effect.fork(session.send(utf8("two")))
      const givenUp = yield* Effect.fork(session.send(utf8("three")))
      yield* TestClock.adjust(Duration.millis(100))
      expect((yield* session.state).pendingFrames).toBe(1)
      // A payload whose `send` was interrupted is not sent.
      yield* Fiber.interrupt(givenUp)
      yield* server.startListening(endpoint)
      yield* TestClock.adjust(Duration.millis(100))
      yield* Fiber.join(waiting)
      yield* session.send(utf8("four"))
      const echoed = yield* Stream.runCollect(Stream.take(session.frames, 3))
      expect(Chunk.toReadonlyArray(echoed).map(string)).toEqual(["one", "two", "four"])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  for (const [whenFull, kept] of [
    ["drop-oldest", ["8", "9", "10"]],
    ["drop-newest", ["1", "2", "3"]],
  ] as const) {
    it.scoped(`drops whole payloads under ${whenFull}, and counts each`, () =>
      Effect.gen(function* () {
        const { endpoint, server } = yield* Testing.serve({
          handler: Handler.echo(),
          settings: { frame: Framing.line },
        })
        yield* server.stopListening(endpoint)
        const { events, session } = yield* sessionTo(endpoint, { outboxBytes: 100, whenFull })
        yield* events.one("ConnectFailed")
        yield* Effect.forEach(numbered(1, 10), (text) => session.send(utf8(text)))
        const last = yield* events.until(() => {
          const dropped = events.all("FramesDropped")
          return dropped.reduce((sum, { missed }) => sum + missed, 0) === 10 - kept.length ? dropped.at(-1) : undefined
        })
        expect(last?.total).toBe(10 - kept.length)
        yield* server.startListening(endpoint)
        yield* TestClock.adjust(Duration.millis(100))
        const echoed = yield* Stream.runCollect(Stream.take(session.frames, kept.length))
        expect(Chunk.toReadonlyArray(echoed).map(string)).toEqual(kept)
      }).pipe(Effect.provide(MemoryTransport.layer())),
    )
  }

  it.scoped("that gives up fails its senders, also waiting ones, and its reader with the last loss", () =>
    Effect.gen(function* () {
      const { events, session } = yield* sessionTo(nowhere, { outboxBytes: 1, reconnect: { ...quick, maxAttempts: 2 } })
      yield* session.send(utf8("kept"))
      const waiting = yield* Effect.fork(Effect.flip(session.send(utf8("waits"))))
      yield* TestClock.adjust(Duration.millis(100))
      yield* events.one("GaveUp")
      expect((yield* Fiber.join(waiting))._tag).toBe("ConnectError")
      expect((yield* Effect.flip(session.send(utf8("late"))))._tag).toBe("ConnectError")
      expect((yield* Effect.flip(Stream.runDrain(session.frames)))._tag).toBe("ConnectError")
      yield* session.close
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  overEachTransport("that is closed sends its outbox first, and accepts no more payloads", () =>
    Effect.gen(function* () {
      const { endpoint, events: told } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: { frame: Framing.line },
      })
      const { session } = yield* sessionTo(endpoint)
      yield* Effect.forEach(numbered(1, 20), (text) => session.send(utf8(text)))
      const reading = yield* Effect.fork(Stream.runCollect(session.frames))
      yield* session.close
      expect(Chunk.size(yield* Fiber.join(reading))).toBeLessThanOrEqual(20)
      expect((yield* told.one("ConnectionClosed")).bytesIn).toBe(51)
      expect((yield* Effect.flip(session.send(utf8("late"))))._tag).toBe("ConnectionClosedError")
    }),
  )

  overEachTransport("ends with its scope, and its reader with it", () =>
    Effect.gen(function* () {
      const { endpoint, events: told } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: { frame: Framing.line },
      })
      const reading = yield* Effect.scoped(
        Effect.gen(function* () {
          const { session } = yield* sessionTo(endpoint)
          yield* told.one("ConnectionOpened")
          return yield* Effect.forkDaemon(Stream.runCollect(session.frames))
        }),
      )
      expect(Chunk.size(yield* Fiber.join(reading))).toBe(0)
      yield* told.one("ConnectionClosed")
    }),
  )
})
