import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { ConnectionId } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { expectWholeLives } from "../support/eventGrammar.ts"
import { serving } from "../support/serving.ts"

// The clock is TestClock, and the sockets are real.
const more = new Uint8Array(32 * 1024 * 1024)

describe("a reset by a peer from which the server does not read", () => {
  it.scoped("closes the connection once, within 15 seconds; a later read gets the arrived data, then PeerReset", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const outcome = yield* Deferred.make<readonly [number, string]>()
      const { connectRaw, events, server } = yield* serving(({ frames }) =>
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
      )
      const goes = yield* connectRaw()
      const stays = yield* connectRaw()
      yield* Effect.forEach([goes, stays], (peer) => peer.write(more))
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
      const { connectRaw, events, server } = yield* serving(() => Effect.never)
      const goes = yield* connectRaw()
      yield* goes.write(more)
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
      const { connectRaw, events } = yield* serving(Handler.broker(), { slowConsumer: "block", hubBudget: 64 * 1024 })
      const publishes = yield* connectRaw()
      yield* connectRaw({ reads: false })
      yield* publishes.write(more)
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
      const { connectRaw, events } = yield* serving(({ frames }) =>
        Effect.gen(function* () {
          yield* Deferred.await(gate)
          const sizes = yield* Stream.runCollect(Stream.map(frames, (frame) => frame.length))
          yield* Deferred.succeed(
            total,
            Chunk.reduce(sizes, 0, (sum, size) => sum + size),
          )
        }),
      )
      const peer = yield* connectRaw()
      yield* peer.write(more)
      yield* peer.end
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
      const { connectRaw, events } = yield* serving(({ frames, halfClose }) =>
        Effect.gen(function* () {
          yield* halfClose
          yield* Deferred.await(gate)
          const sizes = yield* Stream.runCollect(Stream.map(frames, (frame) => frame.length))
          yield* Deferred.succeed(
            total,
            Chunk.reduce(sizes, 0, (sum, size) => sum + size),
          )
        }),
      )
      const peer = yield* connectRaw()
      yield* peer.takeRest
      // More than the inbox holds, and less than the kernel takes at once.
      const some = new Uint8Array(100 * 1024)
      yield* peer.write(some)
      yield* peer.end
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
