import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { ConnectionId } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { expectWholeLives } from "../support/eventGrammar.ts"

// The clock is TestClock, and the sockets are real.
const more = new Uint8Array(32 * 1024 * 1024)

describe("a reset by a peer from which the server does not read", () => {
  it.scoped("closes the connection once, within 15 seconds; a later read gets the arrived data, then PeerReset", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const outcome = yield* Deferred.make<readonly [number, string]>()
      const { connectPeer, events, server } = yield* Testing.serve({
        handler: ({ frames }) =>
          Effect.gen(function* () {
            yield* Deferred.await(gate)
            let bytes = 0
            const error = yield* Effect.flip(
              Stream.runForEach(frames, (frame) =>
                Effect.sync(() => {
                  bytes += frame.length
                }),
              ),
            )
            yield* Deferred.succeed(outcome, [bytes, error.reason._tag])
          }),
      })
      const goes = yield* connectPeer()
      const stays = yield* connectPeer()
      yield* Effect.forEach([goes, stays], (peer) => peer.send(more))
      // The first read fills the inbox.
      yield* events.until(() =>
        new Set(events.all("FrameReceived").map(({ id }) => id)).size === 2 ? true : undefined,
      )
      yield* goes.reset
      yield* goes.closed
      yield* TestClock.adjust("14 seconds")
      expect(events.all("ConnectionClosed")).toEqual([])
      yield* TestClock.adjust("1 second")
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ id: 1, reason: { _tag: "PeerReset" } })
      yield* TestClock.adjust("1 second")
      expect((yield* server.connections).map(({ id }) => id)).toEqual([2])
      yield* Deferred.succeed(gate, undefined)
      const [bytes, reason] = yield* Deferred.await(outcome)
      expect(reason).toBe("PeerReset")
      expect(bytes).toBeGreaterThanOrEqual(64 * 1024)
      yield* stays.reset
      yield* events.first("ConnectionClosed", 2)
      expectWholeLives(events.seen)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scoped("is detected by the next send to the peer, without a wait", () =>
    Effect.gen(function* () {
      const { connectPeer, events, server } = yield* Testing.serve({ handler: () => Effect.never })
      const goes = yield* connectPeer()
      yield* goes.send(more)
      yield* events.one("FrameReceived")
      yield* goes.reset
      yield* goes.closed
      yield* Effect.ignore(server.send(ConnectionId.make(1), Uint8Array.of(1)))
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "PeerReset" })
      expectWholeLives(events.seen)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scoped("is detected while the hub has stopped reading from the peer", () =>
    Effect.gen(function* () {
      const { connectPeer, events } = yield* Testing.serve({
        handler: Handler.broker(),
        settings: { slowConsumer: "block", hubBudget: 64 * 1024 },
      })
      const publishes = yield* connectPeer()
      yield* connectPeer({ reads: false })
      yield* publishes.send(more)
      yield* events.one("ConnectionStalled")
      yield* publishes.reset
      yield* publishes.closed
      yield* TestClock.adjust("15 seconds")
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ id: 1, reason: { _tag: "PeerReset" } })
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

describe("a peer under back-pressure", () => {
  it.scoped("is not taken for a vanished peer: after ten minutes its data still arrives", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const total = yield* Deferred.make<number>()
      const { connectPeer, events } = yield* Testing.serve({
        handler: ({ frames }) =>
          Effect.gen(function* () {
            yield* Deferred.await(gate)
            const sizes = yield* Stream.runCollect(Stream.map(frames, (frame) => frame.length))
            yield* Deferred.succeed(
              total,
              Chunk.reduce(sizes, 0, (sum, size) => sum + size),
            )
          }),
      })
      const peer = yield* connectPeer()
      yield* peer.send(more)
      yield* peer.halfClose
      yield* events.one("FrameReceived")
      yield* TestClock.adjust("10 minutes")
      expect(events.all("ConnectionClosed")).toEqual([])
      yield* Deferred.succeed(gate, undefined)
      expect(yield* Deferred.await(total)).toBe(more.length)
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "PeerClosed" })
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scoped("is not taken for a vanished peer after both sides have sent FIN, while the server has unread data", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const total = yield* Deferred.make<number>()
      const { connectPeer, events } = yield* Testing.serve({
        handler: ({ frames, halfClose }) =>
          Effect.gen(function* () {
            yield* halfClose
            yield* Deferred.await(gate)
            const sizes = yield* Stream.runCollect(Stream.map(frames, (frame) => frame.length))
            yield* Deferred.succeed(
              total,
              Chunk.reduce(sizes, 0, (sum, size) => sum + size),
            )
          }),
      })
      const peer = yield* connectPeer()
      yield* peer.takeRest
      // More than the inbox holds, and less than the kernel takes at once.
      const some = new Uint8Array(100 * 1024)
      yield* peer.send(some)
      yield* peer.halfClose
      yield* peer.flushed
      yield* events.one("FrameReceived")
      yield* TestClock.adjust("10 minutes")
      expect(events.all("ConnectionClosed")).toEqual([])
      yield* Deferred.succeed(gate, undefined)
      expect(yield* Deferred.await(total)).toBe(some.length)
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "LocalClosed" })
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
