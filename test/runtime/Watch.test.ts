import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { type Clock, type Rule, Watch } from "../../src/runtime/Watch.ts"
import { FakeTiming } from "../support/fakeTiming.ts"

class One {
  mark = 0
  clock: Clock = "runs"
}

type Found = readonly [one: One, at: number, stage: number]

const watching = (...stagesMillis: ReadonlyArray<number>) => {
  const timing = new FakeTiming()
  const found: Array<Found> = []
  const rule: Rule<One> = {
    mark: (one) => one.mark,
    clock: (one) => one.clock,
    stages: stagesMillis.map((millis, stage) => ({
      after: Duration.millis(millis),
      onDue: (one) => found.push([one, timing.now(), stage]),
    })),
  }
  return { timing, found, watch: new Watch<One>(timing, rule) }
}

describe("a watch over connections", () => {
  it("finds an idle one once, not before its time and at most a tenth later", () => {
    const { timing, found, watch } = watching(1000)
    const [first, second] = [new One(), new One()]
    watch.add(first)
    timing.advance(50)
    watch.add(second)
    timing.advance(10_000)
    expect(found.map(([one]) => one)).toEqual([first, second])
    expect(found[0]?.[1]).toBeGreaterThanOrEqual(1000)
    expect(found[0]?.[1]).toBeLessThanOrEqual(1100)
    expect(found[1]?.[1]).toBeGreaterThanOrEqual(1050)
    expect(found[1]?.[1]).toBeLessThanOrEqual(1150)
  })

  it("spares an active one, and finds it when its activity stops", () => {
    const { timing, found, watch } = watching(1000)
    const one = new One()
    watch.add(one)
    for (let round = 0; round < 20; round++) {
      timing.advance(990)
      one.mark++
    }
    expect(found).toEqual([])
    const last = timing.now()
    timing.advance(999)
    expect(found).toEqual([])
    timing.advance(101)
    expect((found[0]?.[1] ?? 0) - last).toBeGreaterThanOrEqual(1000)
  })

  it("restarts after `restarts`, continues after `stands`, and stops after `over`", () => {
    for (const [clock, foundAt] of [
      ["restarts", 900 + 600 + 1000],
      ["stands", 1000 + 600],
      ["over", undefined],
    ] as const) {
      const { timing, found, watch } = watching(1000)
      const one = new One()
      watch.add(one)
      timing.advance(900)
      one.clock = clock
      timing.advance(600)
      one.clock = "runs"
      timing.advance(1000)
      timing.advance(200)
      const at = found[0]?.[1]
      if (foundAt === undefined) expect([at, timing.armed]).toEqual([undefined, 0])
      else expect(Math.abs((at ?? 0) - foundAt)).toBeLessThanOrEqual(100)
    }
  })

  it("runs its stages, each at its time, and returns to the first after an activity", () => {
    const { timing, found, watch } = watching(1000, 300)
    const one = new One()
    watch.add(one)
    timing.advance(1100)
    expect(found.map(([, , stage]) => stage)).toEqual([0])
    one.mark++
    timing.advance(1000)
    expect(found.length).toBe(1)
    timing.advance(100)
    expect(found.map(([, , stage]) => stage)).toEqual([0, 0])
    timing.advance(200)
    expect(found.length).toBe(2)
    timing.advance(100)
    expect(found.map(([, , stage]) => stage)).toEqual([0, 0, 1])
    timing.advance(10_000)
    expect(found.length).toBe(3)
  })

  it("forgets a removed one, and has no timer while it watches none", () => {
    const { timing, found, watch } = watching(1000)
    const one = new One()
    expect(timing.armed).toBe(0)
    watch.add(one)
    expect(timing.armed).toBe(1)
    watch.remove(one)
    timing.advance(5000)
    expect([found.length, timing.armed]).toEqual([0, 0])
    watch.add(one)
    timing.advance(1100)
    expect([found.length, timing.armed]).toEqual([1, 0])
  })
})
