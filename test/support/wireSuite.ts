import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Transport } from "../../src/transport/index.ts"
import { connectedWires, settle, startedWires, type TransportFixture, unreadWires } from "./transportFixture.ts"
import { firstDifference, pattern, textOf, utf8, WireProbe } from "./wireProbe.ts"
import { wireStormSuite } from "./wireStormSuite.ts"
import { wireWritingSuite } from "./wireWritingSuite.ts"

const megabyte = 1024 * 1024

/** Writes bytes in pieces of changing size. */
const writeInPieces = (probe: WireProbe, bytes: Uint8Array): void => {
  const sizes = [1, 17, 65_536, 4096, 200_000]
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    probe.wire.write(bytes.subarray(at, at + size))
    at += size
  }
}

/** The promises of every wire, over any transport. */
export const wireSuite = (fixture: TransportFixture): void => {
  const test = <E>(name: string, body: Effect.Effect<void, E, Transport | Scope.Scope>) =>
    it.scopedLive(name, () => Effect.provide(body, fixture.layer))

  wireWritingSuite(fixture)
  wireStormSuite(fixture)

  describe(`a wire over ${fixture.name}`, () => {
    test(
      "megabytes go both ways at once, whole and in order",
      Effect.gen(function* () {
        const { near, far } = yield* startedWires(fixture)
        const out = pattern(6 * megabyte, 1)
        const back = pattern(5 * megabyte, 2)
        writeInPieces(near, out)
        writeInPieces(far, back)
        near.wire.end()
        far.wire.end()
        yield* Effect.all([near.untilClosed, far.untilClosed])
        expect(firstDifference(far.bytes(), out)).toBe("same")
        expect(firstDifference(near.bytes(), back)).toBe("same")
        expect([near.wire.bytesOut(), near.wire.bytesIn()]).toEqual([out.length, back.length])
        expect([far.wire.bytesOut(), far.wire.bytesIn()]).toEqual([back.length, out.length])
      }),
    )

    for (const first of ["near", "far"] as const) {
      test(
        `after the ${first} end has sent FIN the other end's reply still arrives, then both close in order`,
        Effect.gen(function* () {
          const ends = yield* startedWires(fixture)
          const [asker, answerer] = first === "near" ? [ends.near, ends.far] : [ends.far, ends.near]
          asker.wire.write(utf8("question"))
          asker.wire.end()
          yield* answerer.until((probe) => probe.hasEnded())
          expect(textOf(answerer.bytes())).toBe("question")
          expect(answerer.told).toEqual(["data", "end"])
          answerer.wire.write(utf8("answer"))
          yield* asker.until((probe) => probe.received === 6)
          expect(asker.told).toEqual(["data"])
          answerer.wire.end()
          yield* Effect.all([asker.untilClosed, answerer.untilClosed])
          expect(asker.told).toEqual(["data", "end", "close"])
          expect(answerer.told).toEqual(["data", "end", "close"])
          expect([asker.closes, answerer.closes]).toEqual([[{}], [{}]])
        }),
      )
    }

    test(
      "handed over with bytes put back, it gives them first to its next owner, and counts only those that he gets",
      Effect.gen(function* () {
        const { near, far } = yield* connectedWires(fixture)
        const next = new WireProbe(far.wire)
        near.start()
        far.onEachData = (bytes) => {
          far.wire.pause()
          far.wire.unread(bytes.subarray(4))
        }
        far.start()
        near.wire.write(utf8("headbody"))
        yield* far.until((probe) => probe.received === 8)
        yield* settle(fixture)
        expect(next.start().received).toBe(0)
        far.wire.resume()
        near.wire.write(utf8("end"))
        near.wire.end()
        yield* next.until((probe) => probe.hasEnded())
        expect([textOf(next.bytes()), far.received, far.hasEnded()]).toEqual(["bodyend", 8, false])
        expect(far.wire.bytesIn()).toBe(7)
      }),
    )

    test(
      "a reader that pauses in the middle is given nothing more until it resumes",
      Effect.gen(function* () {
        const { near, far } = yield* startedWires(fixture)
        far.onEachData = () => far.wire.pause()
        const sent = pattern(8 * megabyte)
        near.wire.write(sent)
        near.wire.end()
        yield* far.until((probe) => probe.received > 0)
        const got = far.received
        yield* settle(fixture)
        expect(far.received).toBe(got)
        expect(got).toBeLessThanOrEqual(megabyte)
        far.onEachData = undefined
        far.wire.resume()
        yield* far.until((probe) => probe.hasEnded())
        expect(firstDifference(far.bytes(), sent)).toBe("same")
      }),
    )

    test(
      "destroyed right behind a resume, it gives nothing of what waits",
      Effect.gen(function* () {
        const { near, far } = yield* unreadWires(fixture)
        near.wire.write(pattern(100_000))
        near.wire.end()
        yield* settle(fixture)
        far.wire.resume()
        far.wire.destroy()
        yield* far.untilClosed
        yield* settle(fixture)
        expect(far.told).toEqual(["close"])
        expect(far.closes).toEqual([{}])
      }),
    )

    test(
      "reset in the same breath as FIN, it ends at once and without a code",
      Effect.gen(function* () {
        const { near, far } = yield* startedWires(fixture)
        near.wire.write(utf8("hello"))
        yield* far.until((probe) => probe.received === 5)
        near.wire.end()
        near.wire.reset()
        yield* near.untilClosed
        expect(near.closes).toEqual([{}])
        yield* far.until((probe) => probe.hasEnded() || probe.closes.length > 0)
      }),
    )

    test(
      "a peer that has sent FIN and reads on is not gone; one that resets afterwards is",
      Effect.gen(function* () {
        const { near, far } = yield* startedWires(fixture)
        expect([near.wire.isGone(), far.wire.isGone()]).toEqual([false, false])
        near.wire.end()
        yield* far.until((probe) => probe.hasEnded())
        far.wire.write(utf8("still here"))
        yield* near.until((probe) => probe.received === 10)
        expect([near.wire.isGone(), far.wire.isGone()]).toEqual([false, false])
        near.wire.reset()
        yield* near.untilClosed
        yield* settle(fixture)
        expect(near.wire.isGone()).toBe(true)
        if (fixture.knowsReset) expect(far.wire.isGone()).toBe(true)
      }),
    )

    test(
      "a reset ends the peer with ECONNRESET where there is one, and its own side without a code",
      Effect.gen(function* () {
        const { near, far } = yield* startedWires(fixture)
        near.wire.write(utf8("hello"))
        yield* far.until((probe) => probe.received === 5)
        near.wire.reset()
        yield* near.untilClosed
        expect(near.closes).toEqual([{}])
        if (fixture.knowsReset) {
          yield* far.untilClosed
          expect(far.closes).toEqual([{ code: "ECONNRESET" }])
          expect(far.hasEnded()).toBe(false)
        } else {
          yield* far.until((probe) => probe.hasEnded())
          far.wire.end()
          yield* far.untilClosed
        }
      }),
    )

    test(
      "a peer that takes nothing can be reset although FIN was asked for behind what waits",
      Effect.gen(function* () {
        const { near } = yield* unreadWires(fixture)
        expect(near.wire.write(pattern(fixture.heldAtMost))).toBe(false)
        near.wire.end()
        yield* settle(fixture)
        expect(near.wire.pending()).toBeGreaterThan(0)
        near.wire.reset()
        yield* near.untilClosed
        expect([near.closes, near.wire.pending()]).toEqual([[{}], 0])
      }),
    )

    test(
      "destroyed with everything read, it looks like FIN to the peer",
      Effect.gen(function* () {
        const { near, far } = yield* startedWires(fixture)
        // Reads the records that TLS sends after a handshake too. Unread, they would turn the end into a reset.
        far.wire.write(utf8("hi"))
        yield* near.until((probe) => probe.received === 2)
        near.wire.write(utf8("bye"))
        if (!fixture.takesAtOnce) yield* near.until((probe) => probe.drains === 1)
        near.wire.destroy()
        yield* Effect.all([near.untilClosed, far.until((probe) => probe.hasEnded())])
        expect(textOf(far.bytes())).toBe("bye")
        far.wire.end()
        yield* far.untilClosed
        expect([near.closes, far.closes]).toEqual([[{}], [{}]])
      }),
    )

    test(
      "the close is reported once and last, and later calls have no effect",
      Effect.gen(function* () {
        const { near, far } = yield* startedWires(fixture)
        near.wire.write(utf8("12345"))
        yield* far.until((probe) => probe.received === 5)
        if (!fixture.takesAtOnce) yield* near.until((probe) => probe.drains === 1)
        const unread = pattern(2 * fixture.heldAtMost)
        far.wire.write(unread)
        near.wire.pause()
        near.wire.destroy()
        near.wire.reset()
        near.wire.destroy()
        yield* Effect.all([near.untilClosed, far.untilClosed])
        for (const { wire } of [near, far]) {
          expect(wire.write(utf8("x"))).toBe(true)
          wire.cork()
          expect(wire.uncork()).toBe(true)
          wire.pause()
          wire.resume()
          wire.end()
          wire.destroy()
          wire.reset()
          expect(wire.pending()).toBe(0)
        }
        yield* settle(fixture)
        for (const probe of [near, far]) {
          expect(probe.closes.length).toBe(1)
          expect(probe.told.at(-1)).toBe("close")
          expect(probe.drains).toBe(probe === near && !fixture.takesAtOnce ? 1 : 0)
        }
        expect(near.wire.bytesOut()).toBe(5)
        expect(far.wire.bytesIn()).toBe(5)
        expect(far.wire.bytesOut()).toBeLessThan(unread.length)
      }),
    )

    test(
      "a peer that is gone before the wire starts is reported at the start, without an exception",
      Effect.gen(function* () {
        const { near, far } = yield* connectedWires(fixture)
        near.start().wire.reset()
        yield* near.untilClosed
        yield* settle(fixture)
        expect(far.told).toEqual([])
        far.start()
        if (fixture.knowsReset) {
          yield* far.untilClosed
          expect(far.closes).toEqual([{ code: "ECONNRESET" }])
        } else {
          yield* far.until((probe) => probe.hasEnded())
        }
      }),
    )

    test(
      "what came before the start is given after it",
      Effect.gen(function* () {
        const { near, far } = yield* connectedWires(fixture)
        near.start().wire.write(utf8("early"))
        near.wire.end()
        yield* settle(fixture)
        expect(far.told).toEqual([])
        far.start()
        yield* far.until((probe) => probe.hasEnded())
        expect(textOf(far.bytes())).toBe("early")
      }),
    )
  })
}
