import { describe, expect, it } from "vitest"
import { compareHalves, type Traffic } from "../../bench/runner/measure.ts"

const half = (perSecond: number, rssPeakMiB: number, result: Partial<Traffic["result"]>): Traffic => ({
  metrics: { perSecond, rssPeakMiB },
  result: { phase: "result", ...result },
})

describe("a stalled reader", () => {
  const without = half(200, 50, { lost: 1, torn: 0, cpu: 0.95 })
  const one = half(190, 80, { lost: 2, undelivered: 3, cpu: 0.5 })

  it("costs the others what they get less than without it", () => {
    expect(compareHalves(without, one)).toMatchObject({
      _tag: "Measured",
      metrics: { perSecond: 190, healthyShare: 0.95, rssGrowthMiB: 30 },
    })
  })

  it("hides nothing that went wrong in runs that were repeated", () => {
    const found = compareHalves({ ...without, faultsBefore: { lost: 5 } }, { ...one, faultsBefore: { own: 1 } })
    expect(found).toMatchObject({ faults: { lost: 8, undelivered: 3, own: 1 } })
  })

  it("says so where the cores were apart in one of its halves", () => {
    expect(compareHalves(without, one)).not.toHaveProperty("apart")
    expect(compareHalves({ ...without, apart: true }, one)).toMatchObject({ apart: true })
    expect(compareHalves(without, { ...one, apart: true })).toMatchObject({ apart: true })
  })

  it("hides nothing that went wrong without it, nor how busy the generator was", () => {
    const both = { faults: { lost: 3, undelivered: 3 }, generatorCpu: 0.95 }
    expect(compareHalves(without, one)).toMatchObject(both)
    expect(compareHalves(one, without)).toMatchObject(both)
  })
})
