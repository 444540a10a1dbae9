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

describe("the limit of all queued bytes", () => {
  const limiting = (...bytes: ReadonlyArray<number>) => {
    const timing = new FakeTiming()
    const limit = new PendingLimit<One>(timing, 100)
    const all = bytes.map((each) => new One(each))
    for (const one of all) limit.add(one)
    return { timing, limit, all, ended: () => all.map(({ reasons }) => reasons.length) }
  }

  it("ends no connection while all together are within it", () => {
    const { timing, ended } = limiting(50, 0, 50)
    timing.advance(1000)
    expect(ended()).toEqual([0, 0, 0])
  })

  it("ends the connections with the most queued bytes, as many as necessary, within 100 ms, and each once", () => {
    const { timing, all, ended } = limiting(40, 90, 30, 60)
    timing.advance(100)
    expect(ended()).toEqual([0, 1, 0, 1])
    expect(all[1]?.reasons).toEqual([{ _tag: "PendingLimit", pendingBytes: 90, totalBytes: 220, limitBytes: 100 }])
    expect(all[3]?.reasons).toEqual([{ _tag: "PendingLimit", pendingBytes: 60, totalBytes: 130, limitBytes: 100 }])
    timing.advance(1000)
    expect(ended()).toEqual([0, 1, 0, 1])
  })

  it("forgets ended connections, and has no timer without connections", () => {
    const { timing, limit, all, ended } = limiting(500)
    for (const one of all) limit.remove(one)
    timing.advance(1000)
    expect([ended(), timing.armed]).toEqual([[0], 0])
  })
})
