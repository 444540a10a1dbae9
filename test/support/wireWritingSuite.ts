import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Transport } from "../../src/transport/index.ts"
import { settle, startedWires, type TransportFixture, unreadWires } from "./transportFixture.ts"
import { firstDifference, pattern, textOf, utf8 } from "./wireProbe.ts"

/** The promises of every wire about unsent bytes: back-pressure, drains and corked writes. */
export const wireWritingSuite = (fixture: TransportFixture): void => {
  const test = <E>(name: string, body: Effect.Effect<void, E, Transport | Scope.Scope>) =>
    it.scopedLive(name, () => Effect.provide(body, fixture.layer))

  describe(`what is written to a wire over ${fixture.name}`, () => {
    test(
      "what is written after FIN is ignored, and the connection lives on",
      Effect.gen(function* () {
        const { near, far } = yield* startedWires(fixture)
        near.wire.write(utf8("last"))
        near.wire.end()
        expect(near.wire.write(utf8("too late"))).toBe(true)
        near.wire.end()
        yield* far.until((probe) => probe.hasEnded())
        far.wire.write(utf8("still here"))
        far.wire.end()
        yield* Effect.all([near.untilClosed, far.untilClosed])
        expect([textOf(far.bytes()), textOf(near.bytes())]).toEqual(["last", "still here"])
        expect([near.closes, far.closes]).toEqual([[{}], [{}]])
        expect(near.wire.bytesOut()).toBe(4)
      }),
    )

    test(
      "a reader that does not read holds the writer back, and gets everything once it reads",
      Effect.gen(function* () {
        const { near, far } = yield* unreadWires(fixture)
        const sent = pattern(2 * fixture.heldAtMost)
        expect(near.wire.write(sent.subarray(0, fixture.heldAtMost))).toBe(false)
        expect(near.wire.write(sent.subarray(fixture.heldAtMost))).toBe(false)
        yield* settle(fixture)
        expect(far.received).toBe(0)
        expect(near.drains).toBe(0)
        expect(near.wire.pending()).toBeGreaterThan(fixture.heldAtMost)
        expect(near.wire.bytesOut() + near.wire.pending()).toBe(sent.length)
        const before = near.wire.progress()
        far.wire.resume()
        yield* near.until((probe) => probe.drains > 0)
        expect(near.wire.pending()).toBe(0)
        expect(near.wire.progress()).not.toBe(before)
        yield* far.until((probe) => probe.received === sent.length)
        expect(firstDifference(far.bytes(), sent)).toBe("same")
        expect(near.drains).toBe(1)
      }),
    )

    test(
      "a drain callback follows each write that returned false, and no other write",
      Effect.gen(function* () {
        const { near, far } = yield* startedWires(fixture)
        const held = near.wire.write(utf8("small")) ? 0 : 1
        expect(held).toBe(fixture.takesAtOnce ? 0 : 1)
        yield* far.until((probe) => probe.received === 5)
        yield* near.until((probe) => probe.drains === held)
        for (let round = 1; round <= 3; round++) {
          expect(near.wire.write(pattern(fixture.heldAtMost))).toBe(false)
          yield* near.until((probe) => probe.drains === held + round)
          expect(near.wire.pending()).toBe(0)
        }
      }),
    )

    test(
      "corked writes go out together, at the uncork",
      Effect.gen(function* () {
        const { near, far } = yield* startedWires(fixture)
        near.wire.cork()
        for (const piece of ["a", "b", "c"]) expect(near.wire.write(utf8(piece))).toBe(false)
        expect(near.wire.pending()).toBe(3)
        yield* settle(fixture)
        expect(far.received).toBe(0)
        expect(near.wire.uncork()).toBe(fixture.takesAtOnce)
        yield* far.until((probe) => probe.received === 3)
        expect(textOf(far.bytes())).toBe("abc")
        near.wire.cork()
        near.wire.cork()
        near.wire.write(utf8("d"))
        expect(near.wire.uncork()).toBe(false)
        yield* settle(fixture)
        expect(far.received).toBe(3)
        expect(near.wire.uncork()).toBe(fixture.takesAtOnce)
        yield* far.until((probe) => probe.received === 4)
        yield* near.until((probe) => probe.drains === (fixture.takesAtOnce ? 0 : 2))
      }),
    )

    test(
      "what is collected when FIN is asked for goes out before it",
      Effect.gen(function* () {
        const { near, far } = yield* startedWires(fixture)
        near.wire.cork()
        expect(near.wire.write(utf8("collected"))).toBe(false)
        near.wire.end()
        yield* far.until((probe) => probe.hasEnded())
        expect(textOf(far.bytes())).toBe("collected")
        yield* near.until((probe) => probe.drains === 1)
        expect(near.wire.pending()).toBe(0)
      }),
    )

    test(
      "a drain callback waits for all bytes, also if bytes corked meanwhile are sent at once",
      Effect.gen(function* () {
        const { near, far } = yield* startedWires(fixture)
        const sent = pattern(fixture.heldAtMost)
        expect(near.wire.write(sent)).toBe(false)
        near.wire.cork()
        near.wire.write(utf8("collected"))
        yield* far.until((probe) => probe.received === sent.length)
        yield* settle(fixture)
        expect(near.drains).toBe(0)
        expect(near.wire.pending()).toBeGreaterThanOrEqual(9)
        near.wire.uncork()
        yield* near.until((probe) => probe.drains === 1)
        yield* far.until((probe) => probe.received === sent.length + 9)
        expect(near.wire.pending()).toBe(0)
        yield* settle(fixture)
        expect(near.drains).toBe(1)
      }),
    )

    test(
      "bytes that are corked at the FIN of both sides are sent, with a drain callback, before the close",
      Effect.gen(function* () {
        const { near, far } = yield* startedWires(fixture)
        far.wire.end()
        yield* near.until((probe) => probe.hasEnded())
        near.wire.cork()
        expect(near.wire.write(utf8("last"))).toBe(false)
        near.wire.end()
        yield* Effect.all([near.untilClosed, far.untilClosed])
        expect(textOf(far.bytes())).toBe("last")
        expect([near.drains, near.closes, near.wire.bytesOut()]).toEqual([1, [{}], 4])
      }),
    )
  })
}
