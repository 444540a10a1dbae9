import { describe, expect, it } from "@effect/vitest"
import { RateBound } from "../../../src/cli/watch/RateBound.ts"

describe("RateBound", () => {
  it("drops what is above the bound of a second, and says later how much that was", () => {
    const bound = new RateBound(2)
    const times = [1000, 1500, 1600, 1999, 2000, 2001, 9000]
    expect(times.map((at) => bound.take(at))).toEqual([0, 0, undefined, undefined, 2, 0, 0])
  })
})
