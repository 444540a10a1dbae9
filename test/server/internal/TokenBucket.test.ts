import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { TokenBucket } from "../../../src/server/internal/TokenBucket.ts"
import { runs } from "../../support/properties.ts"

describe("a bucket of bytes", () => {
  it("gives a second's worth at once, then the rate, and never saves up more", () => {
    const bucket = new TokenBucket(1000, 0)
    expect(bucket.leftAt(0)).toBe(1000)
    bucket.take(1000, 0)
    expect(bucket.leftAt(0)).toBe(0)
    expect(bucket.leftAt(250)).toBe(250)
    expect(bucket.leftAt(60_000)).toBe(1000)
  })

  it("recovers from a burst: the mean is the rate", () => {
    const bucket = new TokenBucket(1000, 0)
    bucket.take(5000, 0)
    expect(bucket.leftAt(3999)).toBeLessThan(0)
    expect(bucket.leftAt(4001)).toBeGreaterThan(0)
  })

  it.prop(
    "gives no more than its rate and one piece, and no less on demand, whatever the size of the pieces",
    [
      FastCheck.array(FastCheck.integer({ min: 1, max: 3000 }), { minLength: 1 }),
      FastCheck.integer({ min: 1, max: 200 }),
    ],
    ([pieces, step]) => {
      const bucket = new TokenBucket(1000, 0)
      let taken = 0
      let now = 0
      for (let n = 0; now < 20_000; now += step) {
        for (; bucket.leftAt(now) > 0; n++) {
          const piece = pieces[n % pieces.length] ?? 1
          bucket.take(piece, now)
          taken += piece
        }
      }
      expect(taken).toBeLessThanOrEqual(1000 + now + 3000)
      expect(taken).toBeGreaterThanOrEqual(1000 + now - step * 2)
    },
    runs(100),
  )
})
