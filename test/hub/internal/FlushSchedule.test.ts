import { describe, expect, it } from "@effect/vitest"
import { FlushSchedule } from "../../../src/hub/internal/FlushSchedule.ts"

/** A schedule in a time and in turns that only the test moves. */
const makeWorld = (mayWait = true) => {
  const world = { now: 1000, flushes: 0, flushMillis: 1.2 }
  let turn: Array<() => void> = []
  const schedule: FlushSchedule = new FlushSchedule(
    () =>
      schedule.timed(() => {
        world.flushes++
        world.now += world.flushMillis
      }),
    () => world.now,
    (callback) => turn.push(callback),
  )
  const endTurn = () => {
    const now = turn
    turn = []
    for (const callback of now) callback()
  }
  return { world, endTurn, arm: () => schedule.arm(() => mayWait) }
}

describe("the flush of a hub", () => {
  it("comes at the end of the turn, once however often it is armed", () => {
    const { arm, endTurn, world } = makeWorld()
    arm()
    arm()
    expect(world.flushes).toBe(0)
    endTurn()
    endTurn()
    expect(world.flushes).toBe(1)
  })

  it("waits half as long as the last one took when that has just ended", () => {
    const { arm, endTurn, world } = makeWorld()
    arm()
    endTurn()
    arm()
    endTurn()
    world.now += 0.5
    endTurn()
    expect(world.flushes).toBe(1)
    world.now += 0.2
    endTurn()
    expect(world.flushes).toBe(2)
  })

  it("does not wait when the hub has rested, or when it is not worth while", () => {
    const rested = makeWorld()
    const hasEnough = makeWorld(false)
    for (const { arm, endTurn } of [rested, hasEnough]) {
      arm()
      endTurn()
    }
    rested.world.now += 0.7
    for (const { arm, endTurn, world } of [rested, hasEnough]) {
      arm()
      endTurn()
      expect(world.flushes).toBe(2)
    }
  })

  it("never waits longer than a millisecond", () => {
    const { arm, endTurn, world } = makeWorld()
    arm()
    world.flushMillis = 7
    endTurn()
    arm()
    world.now += 0.9
    endTurn()
    expect(world.flushes).toBe(1)
    world.now += 0.2
    endTurn()
    expect(world.flushes).toBe(2)
  })
})
