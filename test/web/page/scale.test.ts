import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import {
  isExact,
  lastTop,
  moved,
  type Scale,
  scrollOf,
  spacerOf,
  tallest,
  topOf,
} from "../../../src/web/ui/log/scale.ts"

const scales = fc.record({
  content: fc.integer({ min: 0, max: 400_000_000 }),
  view: fc.integer({ min: 100, max: 2000 }),
})

describe("the scale of the log", () => {
  it("never makes an element higher than browsers allow", () => {
    void fc.assert(fc.property(scales, (scale) => spacerOf(scale) <= tallest))
  })

  it("maps the ends of the scroll bar to the ends of the content", () => {
    void fc.assert(
      fc.property(scales, (scale) => {
        expect(topOf(scale, 0)).toBe(0)
        expect(topOf(scale, spacerOf(scale))).toBe(lastTop(scale))
        expect(scrollOf(scale, lastTop(scale))).toBe(Math.max(0, spacerOf(scale) - scale.view))
      }),
    )
  })

  it("converts a position of the content to the scroll bar and back", () => {
    void fc.assert(
      fc.property(scales, fc.double({ min: 0, max: 1, noNaN: true }), (scale, part) => {
        const top = lastTop(scale) * part
        expect(topOf(scale, scrollOf(scale, top))).toBeCloseTo(top, 3)
      }),
    )
  })

  it("equals the scroll bar while the content fits", () => {
    const scale: Scale = { content: 100_000, view: 500 }
    expect(isExact(scale)).toBe(true)
    expect(moved(scale, 300, 300, 1234)).toBe(1234)
  })

  describe("of a log that is higher than an element can be", () => {
    const scale: Scale = { content: 20_000_000, view: 500 }

    it("maps a short movement to the same number of pixels", () => {
      const top = 7_000_000
      const bar = scrollOf(scale, top)
      expect(moved(scale, top, bar, bar + 60)).toBe(top + 60)
      expect(moved(scale, top, bar, bar - 120)).toBe(top - 120)
    })

    it("scales a long movement", () => {
      const bar = scrollOf(scale, 0)
      expect(moved(scale, 0, bar, tallest / 2)).toBeCloseTo(topOf(scale, tallest / 2), 6)
    })

    it("never moves beyond the content", () => {
      void fc.assert(
        fc.property(fc.integer({ min: 0, max: tallest }), fc.integer({ min: 0, max: tallest }), (from, to) => {
          const top = moved(scale, topOf(scale, from), from, to)
          return top >= 0 && top <= lastTop(scale)
        }),
      )
    })
  })
})
