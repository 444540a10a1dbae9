import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Framing } from "../../src/domain/index.ts"
import { Handler, type ServerConnection } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { string, utf8 } from "../support/texts.ts"

it.scoped("a half-closed client that has vanished is detected within 15 seconds, even when nothing is sent to it", () =>
  Effect.gen(function* () {
    const { connect, events, server } = yield* Testing.serve({ handler: Handler.broker("keep") })
    const stays = yield* connect()
    yield* Effect.scoped(
      Effect.gen(function* () {
        const goes = yield* connect()
        yield* goes.halfClose
        yield* stays.halfClose
        yield* events.first("ConnectionHalfClosed", 2)
      }),
    )
    yield* TestClock.adjust("14 seconds")
    expect(events.all("ConnectionClosed")).toEqual([])
    yield* TestClock.adjust("1 second")
    expect(yield* events.one("ConnectionClosed")).toMatchObject({ id: 2, reason: { _tag: "PeerClosed" } })
    expect((yield* server.connections).map(({ id, state }) => [id, state])).toEqual([[1, "peer-half-closed"]])
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

/** A handler that runs an effect and then waits forever, and the exit of the handler. */
const waitsFor = (first: (connection: ServerConnection) => Effect.Effect<unknown, unknown>) =>
  Effect.map(Deferred.make<Exit.Exit<unknown, unknown>>(), (ended) => ({
    handler: (connection: ServerConnection) =>
      Effect.zipRight(first(connection), connection.sendAll(Stream.never)).pipe(
        Effect.onExit((exit) => Deferred.succeed(ended, exit)),
      ),
    ended: Deferred.await(ended),
  }))

describe("a handler whose peer has sent FIN", () => {
  it.scoped("loses its connection after one second, if it does not receive and the peer had sent nothing", () =>
    Effect.gen(function* () {
      const { ended, handler } = yield* waitsFor(() => Effect.void)
      const { connect, events } = yield* Testing.serve({ handler })
      const peer = yield* connect()
      yield* peer.halfClose
      yield* events.one("ConnectionHalfClosed")
      yield* TestClock.adjust("999 millis")
      expect(events.all("ConnectionClosed")).toEqual([])
      yield* TestClock.adjust("1 millis")
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "PeerClosed" })
      expect(Exit.isInterrupted(yield* ended)).toBe(true)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("loses its connection after closeDeadline without activity; activity restarts the time", () =>
    Effect.gen(function* () {
      const { ended, handler } = yield* waitsFor((connection) =>
        Effect.zipRight(
          connection.receive,
          Effect.repeatN(Effect.zipRight(Effect.sleep("2 seconds"), connection.send(utf8("at work"))), 2),
        ),
      )
      const { connect, events } = yield* Testing.serve({
        handler,
        settings: { frame: Framing.line, closeDeadline: Duration.seconds(3) },
      })
      const peer = yield* connect()
      yield* peer.send(utf8("a question"))
      yield* peer.halfClose
      yield* events.one("ConnectionHalfClosed")
      yield* TestClock.adjust("6 seconds")
      yield* events.first("FrameSent", 3)
      expect(events.all("ConnectionClosed")).toEqual([])
      yield* TestClock.adjust("6 seconds")
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "PeerClosed" })
      expect(Exit.isInterrupted(yield* ended)).toBe(true)
      expect(string(yield* Testing.receiveAll(peer))).toBe("at work".repeat(3))
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("can answer at any time, if it has read to the end", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({
        handler: (connection) =>
          Effect.zipRight(
            connection.runForEach(() => Effect.void),
            Effect.zipRight(Effect.sleep("1 hour"), connection.send(utf8("late"))),
          ),
      })
      const peer = yield* connect()
      yield* peer.send(utf8("a question"))
      yield* peer.halfClose
      yield* events.one("ConnectionHalfClosed")
      yield* TestClock.adjust("1 hour")
      expect(string(yield* Testing.receiveAll(peer))).toBe("late")
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  for (const [how, work] of [
    [
      "runForEach",
      (c: ServerConnection, answer: Effect.Effect<void, unknown>) => c.runForEach(() => Effect.orDie(answer)),
    ],
    [
      "frames",
      (c: ServerConnection, answer: Effect.Effect<void, unknown>) => Stream.runForEach(c.frames, () => answer),
    ],
    ["receive", (c: ServerConnection, answer: Effect.Effect<void, unknown>) => Effect.zipRight(c.receive, answer)],
  ] as const)
    it.scoped(`can still answer while it works on a payload: ${how}`, () =>
      Effect.gen(function* () {
        const { connect, events } = yield* Testing.serve({
          handler: (connection) =>
            work(connection, Effect.zipRight(Effect.sleep("20 seconds"), connection.send(utf8("late")))),
        })
        const peer = yield* connect()
        yield* peer.send(utf8("a question"))
        yield* peer.halfClose
        yield* events.one("ConnectionHalfClosed")
        yield* TestClock.adjust("20 seconds")
        expect(string(yield* Testing.receiveAll(peer))).toBe("late")
      }).pipe(Effect.provide(MemoryTransport.layer())),
    )

  it.scoped("loses its connection after 30 seconds, if it waits forever after one payload", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({
        handler: (connection) => Effect.zipRight(connection.receive, Effect.never),
      })
      const peer = yield* connect()
      yield* peer.send(utf8("a question"))
      yield* peer.halfClose
      yield* events.one("ConnectionHalfClosed")
      yield* TestClock.adjust("29 seconds")
      expect(events.all("ConnectionClosed")).toEqual([])
      yield* TestClock.adjust("6 seconds")
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "PeerClosed" })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("keeps its connection as long as it runs, if the setting says so", () =>
    Effect.gen(function* () {
      const { handler } = yield* waitsFor(() => Effect.void)
      const { connect, events, server } = yield* Testing.serve({ handler, settings: { halfClosed: "keep" } })
      const peer = yield* connect()
      yield* peer.halfClose
      yield* events.one("ConnectionHalfClosed")
      yield* TestClock.adjust("10 minutes")
      expect((yield* server.connections).map(({ state }) => state)).toEqual(["peer-half-closed"])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("notices the FIN by peerEnded and the end of its server by draining, without receiving", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({
        handler: (connection) =>
          Effect.raceFirst(
            Effect.zipRight(connection.peerEnded, connection.send(utf8("ended"))),
            Effect.zipRight(connection.draining, connection.send(utf8("draining"))),
          ),
      })
      const [ends, stays] = yield* Effect.all([connect(), connect()])
      yield* ends.halfClose
      expect(string(yield* Testing.receiveAll(ends))).toBe("ended")
      const drained = yield* Effect.fork(server.drain)
      expect(string(yield* Testing.receiveAll(stays))).toBe("draining")
      yield* stays.close
      expect(yield* Fiber.join(drained)).toMatchObject({ forced: 0 })
      yield* events.first("ConnectionClosed", 2)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
