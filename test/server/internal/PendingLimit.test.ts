import { describe, expect, it } from "@effect/vitest"
import type { CloseReason } from "../../../src/domain/index.ts"
import { PendingLimit } from "../../../src/server/internal/PendingLimit.ts"
import { FakeTiming } from "../../support/fakeTiming.ts"

class One {
  readonly reasons: Array<CloseReason> = []
  bytes: number
  constructor(bytes: number) {
    this.bytes = bytes
  }
  pendingInAll = () => this.bytes
  abort = (reason: CloseReason) => void this.reasons.push(reason)
}

describe("the limit of what waits for all", () => {
  const limiting = (...bytes: ReadonlyArray<number>) => {
    const timing = new FakeTiming()
    const limit = new PendingLimit<One>(timing, 100)
    const all = bytes.map((each) => new One(each))
    for (const one of all) limit.add(one)
    return { timing, limit, all, ended: () => all.map(({ reasons }) => reasons.length) }
  }

  it("ends nobody as long as all together keep within it", () => {
    const { timing, ended } = limiting(50, 0, 50)
    timing.advance(1000)
    expect(ended()).toEqual([0, 0, 0])
  })

  it("ends those for whom most waits, as many as it takes, within a tenth of a second, and each once", () => {
    const { timing, all, ended } = limiting(40, 90, 30, 60)
    timing.advance(100)
    expect(ended()).toEqual([0, 1, 0, 1])
    expect(all[1]?.reasons).toEqual([{ _tag: "PendingLimit", pendingBytes: 90, totalBytes: 220, limitBytes: 100 }])
    expect(all[3]?.reasons).toEqual([{ _tag: "PendingLimit", pendingBytes: 60, totalBytes: 130, limitBytes: 100 }])
    timing.advance(1000)
    expect(ended()).toEqual([0, 1, 0, 1])
  })

  it("forgets who has left, and has no timer when nobody is there", () => {
    const { timing, limit, all, ended } = limiting(500)
    for (const one of all) limit.remove(one)
    timing.advance(1000)
    expect([ended(), timing.armed]).toEqual([[0], 0])
  })
})
