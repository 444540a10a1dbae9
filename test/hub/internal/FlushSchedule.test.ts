import { describe, expect, it } from "@effect/vitest"
import { FlushSchedule } from "../../../src/hub/internal/FlushSchedule.ts"

/** A schedule whose clock and turns of the event loop the test controls. */
const makeWorld = (mayWait = true) => {
  const world = { now: 1000, flushes: 0, flushMillis: 1.2 }
  let turn: Array<() => void> = []
  const schedule: FlushSchedule = new FlushSchedule(
    {
      flush: () =>
        schedule.timed(() => {
          world.flushes++
          world.now += world.flushMillis
        }),
      mayWait: () => mayWait,
    },
    () => world.now,
    (callback) => turn.push(callback),
  )
  const endTurn = () => {
    const now = turn
    turn = []
    for (const callback of now) callback()
  }
  const arm = () => schedule.arm()
  /** Flushes without a rest until the hub is busy. The next flush waits. */
  const getBusy = () => {
    for (let flush = 0; flush < 8; flush++) {
      arm()
      endTurn()
    }
    expect(world.flushes).toBe(8)
    world.flushes = 0
  }
  return { world, endTurn, arm, getBusy }
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

  it("waits half as long as the last one took while the hub is busy", () => {
    const { arm, endTurn, getBusy, world } = makeWorld()
    getBusy()
    arm()
    endTurn()
    world.now += 0.5
    endTurn()
    expect(world.flushes).toBe(0)
    world.now += 0.2
    endTurn()
    expect(world.flushes).toBe(1)
    arm()
    endTurn()
    expect(world.flushes).toBe(1)
  })

  it("does not wait after a short backlog", () => {
    const { arm, endTurn, world } = makeWorld()
    for (let flushes = 1; flushes <= 8; flushes++) {
      arm()
      endTurn()
      expect(world.flushes).toBe(flushes)
    }
  })

  it("does not wait when the hub has rested since, or when waiting saves nothing", () => {
    const rested = makeWorld()
    const hasEnough = makeWorld(false)
    for (const { getBusy } of [rested, hasEnough]) getBusy()
    rested.world.now += 0.7
    for (const { arm, endTurn, world } of [rested, hasEnough]) {
      arm()
      endTurn()
      expect(world.flushes).toBe(1)
    }
    // After one rest the hub is not busy any more.
    rested.arm()
    rested.endTurn()
    expect(rested.world.flushes).toBe(2)
  })

  it("never waits longer than a millisecond", () => {
    const { arm, endTurn, getBusy, world } = makeWorld()
    world.flushMillis = 7
    getBusy()
    arm()
    world.now += 0.9
    endTurn()
    expect(world.flushes).toBe(0)
    world.now += 0.2
    endTurn()
    expect(world.flushes).toBe(1)
  })
})
