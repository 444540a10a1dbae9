import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { NodeTransport } from "../../../src/transport/index.ts"
import { connectedWires, tcpFixture } from "../../support/transportFixture.ts"
import { firstDifference, pattern, textOf, utf8 } from "../../support/wireProbe.ts"

describe("reading into the buffer that all handles share", () => {
  it.scopedLive("gives each wire its own bytes, and later reads do not change them", () =>
    Effect.gen(function* () {
      const first = yield* connectedWires(tcpFixture)
      const second = yield* connectedWires(tcpFixture)
      for (const { near, far } of [first, second]) {
        near.start()
        far.start()
      }
      first.near.wire.write(utf8("one"))
      yield* first.far.until((probe) => probe.received === 3)
      second.near.wire.write(utf8("other"))
      yield* second.far.until((probe) => probe.received === 5)
      first.near.wire.write(utf8("two"))
      yield* first.far.until((probe) => probe.received === 6)
      expect([textOf(first.far.bytes()), textOf(second.far.bytes())]).toEqual(["onetwo", "other"])
      // More bytes than the buffer holds, over both connections at once.
      const [large, larger] = [pattern(300_000, 1), pattern(500_000, 2)]
      first.near.wire.write(large)
      second.near.wire.write(larger)
      yield* first.far.until((probe) => probe.received === 6 + large.length)
      yield* second.far.until((probe) => probe.received === 5 + larger.length)
      expect(firstDifference(first.far.bytes().subarray(6), large)).toBe("same")
      expect(firstDifference(second.far.bytes().subarray(5), larger)).toBe("same")
      for (const { near, far } of [first, second]) {
        near.wire.destroy()
        far.wire.destroy()
      }
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
