import { describe, expect, it } from "vitest"
import { median, rotate, spread } from "../../bench/runner/statistics.ts"
import { judgeFaults, summarize } from "../../bench/runner/summary.ts"
import { measured, other, ours, raw, row } from "./figures.ts"

describe("statistics", () => {
  it("give the middle value, or the mean of the two middle values, as the median", () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(median([7])).toBe(7)
  })

  it("give the median and the range of values, and nothing without values", () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 })
    expect(spread([])).toBeUndefined()
  })

  it("rotate a list", () => {
    expect([0, 1, 2, 3].map((by) => rotate(["a", "b", "c"], by).join(""))).toEqual(["abc", "bca", "cab", "abc"])
    expect(rotate([], 1)).toEqual([])
  })
})

describe("the summary of a row", () => {
  it("takes ratios to the raw loop of the same run, not of the medians", () => {
    const { contenders } = summarize(row(), [
      { contender: raw, runs: [measured(100), measured(10), measured(1000)] },
      { contender: ours, runs: [measured(200), measured(10), measured(1500)] },
    ])
    expect(contenders[1]?.ratios.perSecond).toEqual({ median: 1.5, min: 1, max: 2 })
    expect(contenders[1]?.values.perSecond?.median).toBe(200)
  })

  it("has no ratio for a run in which the contender or the raw loop failed", () => {
    const { contenders } = summarize(row(), [
      { contender: raw, runs: [measured(100), { _tag: "Failed", reason: "it ended" }, measured(100)] },
      { contender: ours, runs: [measured(50), measured(500), { _tag: "Failed", reason: "it ended" }] },
    ])
    expect(contenders[1]?.ratios.perSecond).toEqual({ median: 0.5, min: 0.5, max: 0.5 })
    expect(contenders[1]?.failures).toEqual(["it ended"])
  })

  it("checks floors of ratios and of values, and only for tcpfx", () => {
    const { contenders } = summarize(row(), [
      { contender: raw, runs: [measured(1e7)] },
      { contender: ours, runs: [measured(0.96e7)] },
    ])
    expect(contenders.map(({ floors }) => floors.map(({ met }) => met))).toEqual([[], [true, false]])
  })

  it("adds up faults, and reports only the faults of tcpfx as wrong", () => {
    const torn = measured(1, { faults: { lost: 2, torn: 1, own: 0 } })
    const summary = summarize(row(), [
      { contender: raw, runs: [torn] },
      { contender: ours, runs: [torn, torn] },
      { contender: other, runs: [{ _tag: "Failed", reason: "no" }] },
    ])
    expect(summary.contenders[1]?.faults).toEqual({ lost: 4, torn: 2 })
    expect(judgeFaults([summary], { forgivesSlow: false })).toEqual({
      wrong: ["fanout-10: tcpfx library: lost 4, torn 2"],
      forgiven: [],
    })
  })

  it("can forgive a disconnected reader and its missed messages, but no messages that other readers missed", () => {
    const every = { lost: 1, undelivered: 2, doubled: 3, reordered: 4, corrupt: 5, torn: 6, own: 7 }
    const faults = { ...every, disconnected: 8, missedByDisconnected: 9 }
    const summary = summarize(row(), [{ contender: ours, runs: [measured(1, { faults })] }])
    const others = "lost 1, not delivered in time 2, doubled 3, reordered 4, corrupt 5, torn 6, own 7"
    const slow = "disconnected 8, missed by those disconnected 9"
    expect(judgeFaults([summary], { forgivesSlow: false })).toEqual({
      wrong: [`fanout-10: tcpfx library: ${others}, ${slow}`],
      forgiven: [],
    })
    expect(judgeFaults([summary], { forgivesSlow: true })).toEqual({
      wrong: [`fanout-10: tcpfx library: ${others}`],
      forgiven: [`fanout-10: tcpfx library: ${slow}`],
    })
  })

  it("counts undelivered messages as wrong", () => {
    const late = summarize(row(), [{ contender: ours, runs: [measured(1, { faults: { undelivered: 3 } })] }])
    expect(judgeFaults([late], { forgivesSlow: true }).wrong).toEqual([
      "fanout-10: tcpfx library: not delivered in time 3",
    ])
  })

  it("checks the floors of tcpfx, except for contenders without floors and in quick runs", () => {
    const unasked = { ...ours, id: "unasked", isWithoutFloors: true }
    const series = [raw, ours, unasked].map((contender) => ({ contender, runs: [measured(1e9)] }))
    const judged = (isJudged: boolean) =>
      summarize(row(), series, isJudged).contenders.map(({ floors }) => floors.length)
    expect(judged(true)).toEqual([0, 2, 0])
    expect(judged(false)).toEqual([0, 0, 0])
  })

  it("counts a failure of tcpfx as wrong, and a run that was left out as no fault", () => {
    const failed = summarize(row(), [{ contender: ours, runs: [{ _tag: "Failed", reason: "it ended" }] }])
    const skipped = summarize(row(), [{ contender: ours, runs: [{ _tag: "Skipped", reason: "no time" }] }])
    expect(judgeFaults([failed, skipped], { forgivesSlow: true }).wrong).toEqual([
      "fanout-10: tcpfx library failed: it ended",
    ])
  })
})
