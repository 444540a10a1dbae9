import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { Framing } from "../../../src/domain/index.ts"
import { expectAsOracle, expectRoundTrip, feedFraming, hex, refusalOf } from "../../support/framingSuite.ts"
import { runs } from "../../support/properties.ts"

describe("frames of a fixed size", () => {
  it.prop(
    "are the input in pieces of that size, wherever the reads are split, and a shorter rest is skipped",
    [
      FastCheck.integer({ min: 1, max: 5 }),
      FastCheck.uint8Array({ maxLength: 24 }),
      FastCheck.array(FastCheck.nat({ max: 24 }), { maxLength: 6 }),
    ],
    ([size, input, places]) => {
      const whole = Math.floor(input.length / size)
      const payloads = Array.from({ length: whole }, (_, index) => [
        ...input.subarray(index * size, (index + 1) * size),
      ])
      const framing = Framing.fixed(size)
      expectAsOracle(framing, input, size, places, { payloads, skipped: input.length - whole * size })
      expectRoundTrip(
        framing,
        payloads.map((payload) => Uint8Array.from(payload)),
      )
    },
    runs(200),
  )

  it("above the limit fail at the first byte", () => {
    expect(feedFraming(Framing.fixed(5), [hex("01")], 4).failure).toEqual({ offset: 0, problem: undefined })
  })

  it("refuse a payload of another size", () => {
    expect(refusalOf(Framing.fixed(3), hex("0102"))).toBe("it has 2 bytes, and a frame has exactly 3")
  })

  it("have at least one byte", () => {
    expect(() => Framing.fixed(0)).toThrow("a whole number of bytes from 1 to 67108864, and not 0")
    expect(() => Framing.fixed(1.5)).toThrow("and not 1.5")
  })
})
