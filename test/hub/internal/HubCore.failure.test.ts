import { describe, expect, it } from "@effect/vitest"
import { HubWorld } from "../../support/hubWorld.ts"

const bug = new Error("a bug")
const throwIt = () => {
  throw bug
}

const newHub = (options: ConstructorParameters<typeof HubWorld>[0] = {}) => {
  const world = new HubWorld(options)
  const [before, bad, after] = [world.attach("before"), world.attach("bad"), world.attach("after")]
  const turn = () => {
    world.publish(undefined)
    world.core.flush()
  }
  const endsClean = () => {
    const had = after.got.length
    turn()
    expect([before.owed, after.owed]).toEqual([[], []])
    expect(after.got.length).toBe(had + 1)
    expect(bad.failures).toEqual([bug])
    expect(world.core.stats()).toEqual({ subscribers: 2, lagging: 0, retainedBytes: 0 })
    expect(world.faults).toEqual([])
  }
  return { world, before, bad, after, turn, endsClean }
}

describe("a subscriber whose code throws", () => {
  it("when it is handed something is out, and the others are served in the same turn", () => {
    const { bad, after, turn, endsClean } = newHub()
    bad.onDeliver = throwIt
    turn()
    expect(after.got.length).toBe(1)
    endsClean()
  })

  it("when its lag is looked at is out, and the others are served in the same turn", () => {
    const { bad, after, turn, endsClean } = newHub()
    bad.room = 0
    bad.onStall = throwIt
    for (let count = 0; count < 100 && bad.failures.length === 0; count++) turn()
    expect(after.owed).toEqual([])
    endsClean()
  })

  it("when it catches up is out, and whoever said that it has drained is not thrown at", () => {
    const { bad, turn, endsClean } = newHub()
    bad.room = 0
    for (let count = 0; count < 5; count++) turn()
    bad.onDeliver = throwIt
    bad.drain()
    endsClean()
  })

  it("when it is handed its rest is out, and those who wait for its end are told", () => {
    const { bad, turn, endsClean } = newHub()
    bad.room = 0
    for (let count = 0; count < 5; count++) turn()
    bad.onDeliver = throwIt
    const done: Array<string> = []
    bad.member.finish(() => done.push("done"))
    expect(done).toEqual(["done"])
    endsClean()
  })

  it("when it is released is out, and not the one that released it", () => {
    const { world, before, bad, after, endsClean } = newHub()
    for (const sink of [before, after]) sink.room = 0
    world.publish(bad)
    world.core.flush()
    world.publish(bad)
    expect(bad.isBlocked).toBe(true)
    bad.onUnblock = throwIt
    for (const sink of [before, after]) sink.drain(Number.POSITIVE_INFINITY)
    expect([before.failures, after.failures]).toEqual([[], []])
    world.core.flush()
    endsClean()
  })

  it("is not waited for: who was held for it is released", () => {
    const { world, before, bad, after } = newHub()
    world.detach(after)
    bad.room = 0
    for (let count = 0; count < 2; count++) {
      world.publish(before)
      world.core.flush()
    }
    expect(before.isBlocked).toBe(true)
    bad.onDeliver = throwIt
    bad.drain()
    expect(before.isBlocked).toBe(false)
  })
})

describe("a framing that throws when frames are counted", () => {
  it("costs the subscriber that drops them its place, and nobody else", () => {
    const { world, before, bad, after, turn } = newHub({ countFrames: throwIt })
    world.detach(bad)
    const dropper = world.attach("dropper", { room: 0, budgetBytes: 20, slowConsumer: "drop-oldest" })
    for (let count = 0; count < 10; count++) turn()
    expect(dropper.failures).toEqual([bug])
    expect([before.got.length, after.got.length]).toEqual([10, 10])
    expect(world.core.stats()).toEqual({ subscribers: 2, lagging: 0, retainedBytes: 0 })
  })
})
