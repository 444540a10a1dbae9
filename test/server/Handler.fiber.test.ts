import { describe, expect, it } from "@effect/vitest"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Framing } from "../../src/domain/index.ts"
import type { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport, NodeTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { expectWholeLives } from "../support/eventGrammar.ts"
import { string, utf8 } from "../support/texts.ts"

class Boom extends Data.TaggedError("Boom")<{ readonly code: number }> {}

const echoing: Handler.FiberHandler<unknown, never> = (connection) =>
  Stream.runForEach(connection.frames, connection.send)

describe("a handler", () => {
  overEachTransport("serves its connection from the first byte to the peer's FIN, then closes it", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({ handler: echoing })
      const peer = yield* connect()
      yield* peer.send(utf8("hello"))
      yield* peer.halfClose
      expect(string(yield* Testing.receiveAll(peer))).toBe("hello")
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ reason: { _tag: "PeerClosed" }, bytesOut: 5 })
    }),
  )

  overEachTransport("that ends at once closes its connection, behind the bytes that it sent", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({ handler: (connection) => connection.send(utf8("bye")) })
      const peer = yield* connect()
      expect(string(yield* Testing.receiveAll(peer))).toBe("bye")
      yield* peer.close
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "LocalClosed" })
    }),
  )

  overEachTransport("that sent FIN first ends as closed by this side, whenever it ends", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({
        handler: (connection) => Effect.zipRight(connection.halfClose, Effect.asVoid(connection.receive)),
      })
      const peer = yield* connect()
      expect((yield* Testing.receiveAll(peer)).length).toBe(0)
      yield* peer.close
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "LocalClosed" })
    }),
  )

  overEachTransport("broadcasts to all others, and FrameSent lists the recipients", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({
        handler: (connection) => Stream.runForEach(connection.frames, connection.broadcast),
        settings: { frame: Framing.line },
      })
      const a = yield* connect()
      const b = yield* connect()
      yield* connect()
      yield* a.send(utf8("hi"))
      expect(yield* Testing.receiveText(b)).toBe("hi")
      expect((yield* events.one("FrameSent")).to).toEqual([2, 3])
    }),
  )

  overEachTransport("keeps its resources as long as its connection, and no longer", () =>
    Effect.gen(function* () {
      const held = yield* Ref.make<ReadonlyArray<number>>([])
      const released = yield* Deferred.make<number>()
      const { connect } = yield* Testing.serve({
        handler: (connection) =>
          Effect.zipRight(
            Effect.acquireRelease(
              Ref.update(held, (ids) => [...ids, connection.id]),
              () =>
                Effect.zipRight(
                  Ref.update(held, (ids) => ids.filter((id) => id !== connection.id)),
                  Deferred.succeed(released, connection.id),
                ),
            ),
            echoing(connection),
          ),
      })
      const first = yield* connect()
      const second = yield* connect()
      // The answer proves that the handler has acquired its resource.
      for (const peer of [first, second]) {
        yield* peer.send(utf8("x"))
        yield* peer.receive
      }
      expect(yield* Ref.get(held)).toEqual([1, 2])
      yield* first.close
      expect(yield* Deferred.await(released)).toBe(1)
      expect(yield* Ref.get(held)).toEqual([2])
    }),
  )
})

describe("a handler that fails", () => {
  const grief: ReadonlyArray<readonly [string, Effect.Effect<void, string>, string]> = [
    ["fails", Effect.fail("no luck"), "no luck"],
    ["dies", Effect.die(new Error("a bug")), "a bug"],
    ["is interrupted", Effect.interrupt, "interrupted"],
    [
      "throws before it gave an effect",
      Effect.suspend(() => {
        throw new Error("thrown")
      }),
      "thrown",
    ],
  ]
  for (const [how, end, message] of grief) {
    overEachTransport(`and ${how} ends its own connection only, with HandlerFailed`, () =>
      Effect.gen(function* () {
        const { connect, events, server } = yield* Testing.serve({
          handler: (connection) =>
            connection.id === 1 ? Effect.zipRight(connection.receive, end) : echoing(connection),
          onHandlerFailure: () => Effect.void,
        })
        const unlucky = yield* connect()
        const other = yield* connect()
        yield* unlucky.send(utf8("go"))
        expect((yield* Testing.receiveAll(unlucky)).length).toBe(0)
        yield* unlucky.close
        expect(yield* events.one("ConnectionClosed")).toMatchObject({
          id: 1,
          reason: { _tag: "HandlerFailed", message },
        })
        yield* other.send(utf8("still served"))
        expect(yield* Testing.receiveText(other)).toBe("still served")
        expect((yield* server.connections).map(({ id }) => id)).toEqual([2])
        expectWholeLives(events.seen.filter((event) => "id" in event && event.id === 1))
      }),
    )
  }

  overEachTransport("is reported with the tag, the message and the cause of its failure", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({
        handler: (connection) =>
          connection.id === 1
            ? Effect.fail(new Boom({ code: 7 }))
            : Effect.die(new TypeError("no such thing", { cause: new Error("the root") })),
        onHandlerFailure: () => Effect.void,
      })
      yield* connect()
      expect((yield* events.one("ConnectionClosed")).reason).toMatchObject({
        _tag: "HandlerFailed",
        tag: "Boom",
        message: '{"code":7,"_tag":"Boom"}',
      })
      yield* connect()
      const [, second] = yield* events.first("ConnectionClosed", 2)
      expect(second?.reason).toMatchObject({ message: "no such thing" })
      const { cause } = second?.reason._tag === "HandlerFailed" ? second.reason : { cause: undefined }
      expect(cause).toMatch(/^TypeError: no such thing[\s\S]*the root/)
    }),
  )

  overEachTransport("and has a finalizer that dies ends its connection too, with HandlerFailed", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({
        handler: () => Effect.addFinalizer(() => Effect.die(new Error("no release"))),
        onHandlerFailure: () => Effect.void,
      })
      const peer = yield* connect()
      expect((yield* Testing.receiveAll(peer)).length).toBe(0)
      yield* peer.close
      expect(yield* events.one("ConnectionClosed")).toMatchObject({
        reason: { _tag: "HandlerFailed", message: "no release" },
      })
    }),
  )

  overEachTransport("and throws where it is called, before there is an effect, is no different", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({
        handler: () => {
          throw new Error("thrown")
        },
        onHandlerFailure: () => Effect.void,
      })
      const peer = yield* connect()
      expect((yield* Testing.receiveAll(peer)).length).toBe(0)
      yield* peer.close
      expect((yield* events.one("ConnectionClosed")).reason).toMatchObject({ _tag: "HandlerFailed", message: "thrown" })
    }),
  )
})

describe("a handler at work when its connection has ended", () => {
  overEachTransport("processes the bytes that had arrived before the reset", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const finished = yield* Deferred.make<readonly [ReadonlyArray<string>, string]>()
      const { connect, events } = yield* Testing.serve({
        handler: (connection) =>
          Effect.gen(function* () {
            const got: Array<string> = []
            yield* Deferred.await(gate)
            const error = yield* Effect.flip(
              Effect.forever(Effect.map(connection.receive, (payload) => got.push(string(Option.getOrThrow(payload))))),
            )
            yield* Deferred.succeed(finished, [got, error.reason._tag])
          }),
        settings: { frame: Framing.line },
      })
      const peer = yield* connect()
      yield* peer.send(utf8("one"))
      yield* peer.send(utf8("two"))
      yield* events.first("FrameReceived", 2)
      yield* peer.reset
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "PeerReset" })
      yield* Deferred.succeed(gate, undefined)
      expect(yield* Deferred.await(finished)).toEqual([["one", "two"], "PeerReset"])
    }),
  )

  it.scoped("is interrupted when closeDeadline has passed, not before", () =>
    Effect.gen(function* () {
      const exits = yield* Ref.make<ReadonlyArray<string>>([])
      const interrupted = yield* Deferred.make<void>()
      const { connect, events } = yield* Testing.serve({
        handler: () =>
          Effect.never.pipe(
            Effect.onExit((exit) =>
              Ref.update(exits, (all) => [...all, Exit.isInterrupted(exit) ? "interrupted" : "?"]),
            ),
            Effect.ensuring(Deferred.succeed(interrupted, undefined)),
          ),
        settings: { closeDeadline: Duration.seconds(3) },
      })
      const peer = yield* connect()
      yield* peer.reset
      yield* events.one("ConnectionClosed")
      yield* TestClock.adjust("2999 millis")
      expect(yield* Ref.get(exits)).toEqual([])
      yield* TestClock.adjust("1 millis")
      yield* Deferred.await(interrupted)
      expect(yield* Ref.get(exits)).toEqual(["interrupted"])
      expectWholeLives(events.seen)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

describe("a handler that does not read", () => {
  it.scopedLive("holds its peer back: 64 MiB sent, little of it in memory, none of it lost", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const total = yield* Deferred.make<number>()
      const { connect, connectPeer, events } = yield* Testing.serve({
        handler: (connection) =>
          connection.id === 1
            ? Effect.zipRight(
                Deferred.await(gate),
                Effect.flatMap(
                  Stream.runFold(connection.frames, 0, (sum, bytes) => sum + bytes.length),
                  (sum) => Deferred.succeed(total, sum),
                ),
              )
            : echoing(connection),
      })
      const sender = yield* connectPeer()
      const volume = 64 * 1024 * 1024
      yield* sender.send(new Uint8Array(volume))
      yield* sender.halfClose
      const other = yield* connect()
      // In each round the server could have read more.
      for (let round = 0; round < 1500; round++) {
        yield* other.send(utf8("ping"))
        yield* Testing.receiveBytes(other, 4)
      }
      const arrived = () =>
        events.all("FrameReceived").reduce((sum, { bytes, id }) => sum + (id === 1 ? bytes.length : 0), 0)
      expect(arrived()).toBeGreaterThan(0)
      expect(arrived()).toBeLessThanOrEqual(192 * 1024)
      yield* Deferred.succeed(gate, undefined)
      expect(yield* Deferred.await(total)).toBe(volume)
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ id: 1, bytesIn: volume })
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
