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
  it("never makes an element taller than browsers allow", () => {
    void fc.assert(fc.property(scales, (scale) => spacerOf(scale) <= tallest))
  })

  it("maps the ends of the scroll bar on the ends of the content", () => {
    void fc.assert(
      fc.property(scales, (scale) => {
        expect(topOf(scale, 0)).toBe(0)
        expect(topOf(scale, spacerOf(scale))).toBe(lastTop(scale))
        expect(scrollOf(scale, lastTop(scale))).toBe(Math.max(0, spacerOf(scale) - scale.view))
      }),
    )
  })

  it("finds a position of the content again from that of the bar", () => {
    void fc.assert(
      fc.property(scales, fc.double({ min: 0, max: 1, noNaN: true }), (scale, part) => {
        const top = lastTop(scale) * part
        expect(topOf(scale, scrollOf(scale, top))).toBeCloseTo(top, 3)
      }),
    )
  })

  it("follows the bar exactly while the content fits", () => {
    const scale: Scale = { content: 100_000, view: 500 }
    expect(isExact(scale)).toBe(true)
    expect(moved(scale, 300, 300, 1234)).toBe(1234)
  })

  describe("over a log that is taller than an element may be", () => {
    const scale: Scale = { content: 20_000_000, view: 500 }

    it("moves a short way by as many pixels", () => {
      const top = 7_000_000
      const bar = scrollOf(scale, top)
      expect(moved(scale, top, bar, bar + 60)).toBe(top + 60)
      expect(moved(scale, top, bar, bar - 120)).toBe(top - 120)
    })

    it("moves a long way by ratio", () => {
      const bar = scrollOf(scale, 0)
      expect(moved(scale, 0, bar, tallest / 2)).toBeCloseTo(topOf(scale, tallest / 2), 6)
    })

    it("never leaves the content", () => {
      void fc.assert(
        fc.property(fc.integer({ min: 0, max: tallest }), fc.integer({ min: 0, max: tallest }), (from, to) => {
          const top = moved(scale, topOf(scale, from), from, to)
          return top >= 0 && top <= lastTop(scale)
        }),
      )
    })
  })
})
