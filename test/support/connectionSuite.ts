import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Connection } from "../../src/connection/index.ts"
import { Framing } from "../../src/domain/index.ts"
import type { Transport } from "../../src/transport/index.ts"
import { connectedCores } from "./cores.ts"
import { lendingSuite } from "./lendingSuite.ts"
import { settle, type TransportFixture } from "./transportFixture.ts"
import { concat, firstDifference, pattern, textOf, utf8 } from "./wireProbe.ts"

const receiveText = (connection: Connection) => Effect.map(connection.receive, Option.map(textOf))
const collect = (connection: Connection) => Effect.map(Stream.runCollect(connection.frames), Chunk.toReadonlyArray)

/** The promises of every connection, over any transport. */
export const connectionSuite = (fixture: TransportFixture): void => {
  const test = <E>(name: string, body: Effect.Effect<void, E, Transport | Scope.Scope>) =>
    it.scopedLive(name, () => Effect.provide(body, fixture.layer))

  lendingSuite(fixture)

  describe(`a connection over ${fixture.name}`, () => {
    test(
      "gives each payload once and in order, then none once the peer has sent FIN",
      Effect.gen(function* () {
        const { near, far, farOwner, nearOwner } = yield* connectedCores(fixture)
        yield* near.send(utf8("one"))
        yield* near.send(utf8(""))
        yield* near.send(utf8("three"))
        yield* near.halfClose
        const texts = yield* Effect.replicateEffect(receiveText(far), 5)
        expect(texts.map(Option.getOrUndefined)).toEqual(["one", "", "three", undefined, undefined])
        expect(nearOwner.sent).toEqual(["one", "", "three"])
        expect(nearOwner.told).toEqual(["half-closed by local"])
        expect(farOwner.told).toEqual(["half-closed by peer"])
      }),
    )

    test(
      "after a half-close the reply is received, sending fails at once, and both ends close in order",
      Effect.gen(function* () {
        const { near, far, farOwner, nearOwner } = yield* connectedCores(fixture)
        yield* near.send(utf8("question"))
        yield* near.halfClose
        yield* near.halfClose
        const refused = yield* Effect.flip(near.send(utf8("more")))
        expect(refused).toMatchObject({ _tag: "ConnectionClosedError", isHalfClosed: true })
        expect(refused.message).toBe(
          "this side has sent FIN, so it can send nothing more; the connection still receives",
        )
        expect((yield* collect(far)).map(textOf)).toEqual(["question"])
        yield* far.send(utf8("answer"))
        expect(yield* receiveText(near)).toEqual(Option.some("answer"))
        yield* far.close
        const [nearEnd, farEnd] = yield* Effect.all([near.closed, far.closed])
        expect((yield* Effect.flip(near.send(utf8("more")))).message).toBe("the connection is closed: by this side")
        expect(nearEnd).toMatchObject({ reason: { _tag: "LocalClosed" }, bytesIn: 7, bytesOut: 9 })
        expect(farEnd).toMatchObject({ reason: { _tag: "PeerClosed" }, bytesIn: 9, bytesOut: 7 })
        expect(nearOwner.told).toEqual(["half-closed by local", "half-closed by peer", "closed"])
        expect(farOwner.told).toEqual(["half-closed by peer", "closing", "closed"])
      }),
    )

    test(
      "carries megabytes through a slow reader: the sender waits, little is held, all arrives",
      Effect.gen(function* () {
        const { near, far, nearCore } = yield* connectedCores(fixture, { framing: Framing.raw })
        const sent = pattern(2 * fixture.heldAtMost)
        const size = 128 * 1024
        let sends = 0
        const sender = yield* Effect.fork(
          Effect.gen(function* () {
            for (let at = 0; at < sent.length; at += size) {
              yield* near.send(sent.subarray(at, at + size))
              sends++
            }
            yield* near.halfClose
          }),
        )
        yield* settle(fixture)
        const stuckAt = sends
        yield* settle(fixture)
        expect(sends).toBe(stuckAt)
        expect(sends).toBeLessThan(sent.length / size)
        expect(nearCore.pending()).toBeGreaterThan(0)
        expect(nearCore.pending()).toBeLessThanOrEqual(2 * size)
        expect(firstDifference(concat(yield* collect(far)), sent)).toBe("same")
        yield* Fiber.join(sender)
        yield* far.close
        expect(yield* near.closed).toMatchObject({ bytesOut: sent.length, bytesIn: 0 })
        expect(yield* far.closed).toMatchObject({ bytesIn: sent.length, bytesOut: 0 })
      }),
    )

    test(
      "waiting to receive can be interrupted and loses nothing",
      Effect.gen(function* () {
        const { near, far } = yield* connectedCores(fixture)
        const waiting = yield* Effect.fork(far.receive)
        yield* settle(fixture)
        yield* Fiber.interrupt(waiting)
        yield* near.send(utf8("kept"))
        expect(yield* receiveText(far)).toEqual(Option.some("kept"))
      }),
    )

    test(
      "a race of what is readable takes nothing from the loser",
      Effect.gen(function* () {
        const { near, far } = yield* connectedCores(fixture)
        const others = yield* connectedCores(fixture)
        const sources = [far, others.far] as const
        const first = Effect.raceFirst(
          Effect.as(sources[0].readable, sources[0]),
          Effect.as(sources[1].readable, sources[1]),
        )
        const got: Array<string> = []
        const reader = yield* Effect.fork(
          Effect.gen(function* () {
            while (got.length < 20) {
              const text = yield* receiveText(yield* first)
              if (Option.isSome(text)) got.push(text.value)
            }
          }),
        )
        for (let nth = 0; nth < 10; nth++) {
          yield* Effect.all([near.send(utf8(`a${nth}`)), others.near.send(utf8(`b${nth}`))])
          yield* settle(fixture)
        }
        yield* Fiber.join(reader)
        const of = (mark: string) => got.filter((text) => text.startsWith(mark))
        const sent = (mark: string) => Array.from({ length: 10 }, (_, nth) => `${mark}${nth}`)
        expect([of("a"), of("b")]).toEqual([sent("a"), sent("b")])
        yield* near.halfClose
        yield* far.readable
        expect(yield* receiveText(far)).toEqual(Option.none())
      }),
    )

    test(
      "runs an effect for each payload, in order; after a failure the next receiver gets the rest",
      Effect.gen(function* () {
        const { near, far } = yield* connectedCores(fixture)
        for (const text of ["one", "two", "three", "four"]) yield* near.send(utf8(text))
        yield* near.halfClose
        const seen: Array<string> = []
        const see = (payload: Uint8Array) =>
          Effect.suspend(() => (seen.push(textOf(payload)) === 2 ? Effect.fail("enough" as const) : Effect.void))
        expect(yield* Effect.flip(far.runForEach(see))).toBe("enough")
        expect(seen).toEqual(["one", "two"])
        yield* far.runForEach(see)
        expect(seen).toEqual(["one", "two", "three", "four"])
        yield* far.runForEach(see)
        expect(seen.length).toBe(4)
      }),
    )

    test(
      "runs an effect for each payload until the connection breaks, and fails then",
      Effect.gen(function* () {
        const { near, far } = yield* connectedCores(fixture)
        const seen: Array<string> = []
        const reader = yield* Effect.fork(far.runForEach((payload) => Effect.sync(() => seen.push(textOf(payload)))))
        yield* near.send(utf8("one"))
        yield* settle(fixture)
        expect(seen).toEqual(["one"])
        yield* near.reset
        const exit = yield* Fiber.await(reader)
        expect(Exit.isFailure(exit)).toBe(fixture.knowsReset)
      }),
    )

    test(
      "sends all that a stream gives, one by one and many together, and leaves the connection as it was",
      Effect.gen(function* () {
        const { near, far, nearOwner } = yield* connectedCores(fixture)
        const texts = Array.from({ length: 500 }, (_, n) => `line ${n}`)
        const chunks = [texts.slice(0, 1), [], texts.slice(1, 450), texts.slice(450)]
        const payloads = Stream.fromChunks(...chunks.map((chunk) => Chunk.fromIterable(chunk.map(utf8))))
        yield* near.sendAll(payloads)
        expect(nearOwner.sent).toEqual(texts)
        expect(nearOwner.told).toEqual([])
        yield* near.send(utf8("the last"))
        yield* near.halfClose
        expect((yield* collect(far)).map(textOf)).toEqual([...texts, "the last"])
      }),
    )

    test(
      "sends one chunk of megabytes to a slow reader as far as there is room: little is held, all arrives",
      Effect.gen(function* () {
        const { near, far, nearCore, nearOwner } = yield* connectedCores(fixture, { framing: Framing.raw })
        const size = 128 * 1024
        const payloads = Array.from({ length: (1.5 * fixture.heldAtMost) / size }, (_, n) => pattern(size, n))
        const sender = yield* Effect.fork(
          Effect.zipRight(near.sendAll(Stream.fromChunk(Chunk.unsafeFromArray(payloads))), near.halfClose),
        )
        yield* settle(fixture)
        const stuckAt = nearOwner.sent.length
        expect(stuckAt).toBeLessThan(payloads.length)
        expect(nearCore.pending()).toBeGreaterThan(0)
        expect(nearCore.pending()).toBeLessThanOrEqual(2 * size)
        expect(firstDifference(concat(yield* collect(far)), concat(payloads))).toBe("same")
        yield* Fiber.join(sender)
        expect(nearOwner.sent.length).toBe(payloads.length)
      }),
    )

    test(
      "a stream that fails has what came before it sent, and its failure given",
      Effect.gen(function* () {
        const { near, far, nearOwner } = yield* connectedCores(fixture)
        const payloads = Stream.concat(Stream.make(utf8("one"), utf8("two")), Stream.fail("no more" as const))
        expect(yield* Effect.flip(near.sendAll(payloads))).toBe("no more")
        expect(nearOwner.sent).toEqual(["one", "two"])
        expect(yield* receiveText(far)).toEqual(Option.some("one"))
      }),
    )

    test(
      "a stream whose connection ends, or whose sender is interrupted, is let go of",
      Effect.gen(function* () {
        const { near, far } = yield* connectedCores(fixture)
        let releases = 0
        const ticking = Stream.ensuring(
          Stream.concat(Stream.make(utf8("tick")), Stream.never),
          Effect.sync(() => releases++),
        )
        const sender = yield* Effect.fork(near.sendAll(ticking))
        expect(yield* receiveText(far)).toEqual(Option.some("tick"))
        yield* Fiber.interrupt(sender)
        expect(releases).toBe(1)
        yield* near.reset
        expect(yield* Effect.flip(near.sendAll(ticking))).toMatchObject({ _tag: "ConnectionClosedError" })
        expect(releases).toBe(2)
      }),
    )

    test(
      "a stream keeps the scope that its user gives it",
      Effect.gen(function* () {
        const { near } = yield* connectedCores(fixture)
        const isHeld = yield* Ref.make(false)
        const hold = Effect.acquireRelease(Ref.set(isHeld, true), () => Ref.set(isHeld, false))
        yield* Effect.scoped(
          Effect.zipRight(
            near.sendAll(Stream.as(Stream.fromEffect(hold), utf8("held"))),
            Effect.map(Ref.get(isHeld), (held) => expect(held).toBe(true)),
          ),
        )
        expect(yield* Ref.get(isHeld)).toBe(false)
      }),
    )

    test(
      "closes in order when both ends close at the same time",
      Effect.gen(function* () {
        const { near, far, farOwner, nearOwner } = yield* connectedCores(fixture)
        yield* Effect.all([near.close, far.close], { concurrency: "unbounded" })
        expect([...nearOwner.ends, ...farOwner.ends].map((end) => end.reason._tag)).toEqual([
          "LocalClosed",
          "LocalClosed",
        ])
      }),
    )

    test(
      "close delivers the bytes sent before it, reports the end once, and lets later calls fail or end at once",
      Effect.gen(function* () {
        const { near, far, nearOwner } = yield* connectedCores(fixture)
        yield* near.send(utf8("last words"))
        const closing = yield* Effect.fork(near.close)
        expect((yield* collect(far)).map(textOf)).toEqual(["last words"])
        yield* far.close
        yield* Fiber.join(closing)
        yield* near.close
        yield* near.reset
        yield* near.halfClose
        expect(yield* Effect.flip(near.send(utf8("late")))).toMatchObject({ reason: { _tag: "LocalClosed" } })
        expect(yield* Effect.flip(far.send(utf8("late")))).toMatchObject({ reason: { _tag: "PeerClosed" } })
        expect(yield* near.receive).toEqual(Option.none())
        expect(nearOwner.told).toEqual(["closing", "closed"])
        expect((yield* near.closed).reason._tag).toBe("LocalClosed")
        expect((yield* far.closed).reason._tag).toBe("PeerClosed")
      }),
    )

    if (fixture.knowsReset) {
      test(
        "after a reset what had arrived is given, then receiving, sending and waiting fail with PeerReset",
        Effect.gen(function* () {
          const { near, far, farOwner } = yield* connectedCores(fixture)
          yield* near.send(utf8("arrived"))
          yield* farOwner.firstRun
          yield* near.reset
          const end = yield* far.closed
          expect(end).toMatchObject({ reason: { _tag: "PeerReset" }, bytesIn: 8 })
          expect(yield* receiveText(far)).toEqual(Option.some("arrived"))
          const reason = { _tag: "PeerReset" }
          expect(yield* Effect.flip(far.receive)).toMatchObject({ _tag: "ConnectionClosedError", reason })
          expect(yield* Effect.flip(far.send(utf8("x")))).toMatchObject({ reason })
          expect(yield* Effect.flip(collect(far))).toMatchObject({ reason })
          expect(farOwner.told).toEqual(["closed"])
          expect((yield* near.closed).reason._tag).toBe("LocalClosed")
        }),
      )

      test(
        "a sender that waits is woken by the peer's reset",
        Effect.gen(function* () {
          const { near, far } = yield* connectedCores(fixture, { framing: Framing.raw })
          const sender = yield* Effect.fork(Effect.forever(near.send(pattern(1024 * 1024))))
          yield* settle(fixture)
          yield* far.reset
          expect(yield* Effect.flip(Fiber.join(sender))).toMatchObject({ _tag: "ConnectionClosedError" })
          expect((yield* near.closed).reason._tag).toBe("PeerReset")
        }),
      )
    }

    test(
      "a peer that sends a frame longer than the limit is closed with FrameTooLong, after the frames before it",
      Effect.gen(function* () {
        const { near, far, farOwner } = yield* connectedCores(fixture, { maxFrameBytes: 10 }, { maxFrameBytes: 11 })
        yield* near.send(utf8("short"))
        yield* near.send(utf8("0123456789"))
        yield* near.send(utf8("0123456789x"))
        const end = yield* far.closed
        expect(end.reason).toEqual({ _tag: "FrameTooLong", limitBytes: 10 })
        expect(yield* receiveText(far)).toEqual(Option.some("short"))
        expect(yield* receiveText(far)).toEqual(Option.some("0123456789"))
        expect(yield* Effect.flip(far.receive)).toMatchObject({ reason: { _tag: "FrameTooLong" } })
        expect(farOwner.told).toEqual(["closed"])
        yield* near.close
      }),
    )
  })
}
