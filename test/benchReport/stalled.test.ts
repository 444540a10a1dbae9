import { describe, expect, it } from "vitest"
import { compareParts } from "../../bench/runner/stalled.ts"
import type { Traffic } from "../../bench/runner/traffic.ts"

const part = (metrics: Traffic["metrics"], result: Partial<Traffic["result"]>): Traffic => ({
  metrics,
  result: { phase: "result", ...result },
})

describe("a stalled reader", () => {
  const without = [
    part({ perSecond: 210, rssPeakMiB: 50, longestStallMillis: 70 }, { lost: 1, torn: 0, cpu: 0.95, ran: 0.97 }),
    part({ perSecond: 190, rssPeakMiB: 90, longestStallMillis: 3 }, { cpu: 0.7, ran: 0.99 }),
  ]
  const one = [
    part({ perSecond: 185, rssPeakMiB: 80, longestStallMillis: 9, slowestShare: 1 }, { lost: 2, cpu: 0.5, ran: 0.98 }),
    part({ perSecond: 195, rssPeakMiB: 85, longestStallMillis: 4, slowestShare: 0.9 }, { undelivered: 3, cpu: 0.6 }),
  ]

  it("costs the other readers the difference of the average rates with and without it", () => {
    expect(compareParts(without, one)).toMatchObject({ metrics: { perSecond: 190, healthyShare: 0.95 } })
  })

  it("costs the memory by which the server grew since before the first stall", () => {
    expect(compareParts(without, one)).toMatchObject({ metrics: { rssPeakMiB: 85, rssGrowthMiB: 35 } })
  })

  it("is not charged for pauses that also occur without it", () => {
    expect(compareParts(without, one)).toMatchObject({
      metrics: { longestStallMillis: 6.5, stallWithoutMillis: 36.5, slowestShare: 0.9 },
    })
  })

  it("does not hide the faults of repeated runs", () => {
    const [first, second] = without
    if (first === undefined || second === undefined) throw new Error("there are two parts")
    expect(compareParts([first, { ...second, faultsBefore: { lost: 5, own: 1 } }], one)).toMatchObject({
      faults: { lost: 8, undelivered: 3, own: 1 },
    })
  })

  it("is marked if the cores were apart in any part", () => {
    expect(compareParts(without, one)).not.toHaveProperty("apart")
    const apart = { apart: true }
    for (const at of [0, 1]) {
      expect(compareParts(without.with(at, { ...part({}, {}), ...apart }), one)).toMatchObject(apart)
      expect(compareParts(without, one.with(at, { ...part({}, {}), ...apart }))).toMatchObject(apart)
    }
  })

  it("does not hide the faults of parts without it, nor the load of the generator", () => {
    const both = { faults: { lost: 3, undelivered: 3 }, generatorCpu: 0.95, generatorRan: 0.97 }
    expect(compareParts(without, one)).toMatchObject(both)
    expect(compareParts(one, without)).toMatchObject(both)
  })
})
