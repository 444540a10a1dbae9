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
  it("in a delivery is detached, and the others are served in the same turn", () => {
    const { bad, after, turn, endsClean } = newHub()
    bad.onDeliver = throwIt
    turn()
    expect(after.got.length).toBe(1)
    endsClean()
  })

  it("when its lag is read is detached, and the others are served in the same turn", () => {
    const { bad, after, turn, endsClean } = newHub()
    bad.room = 0
    bad.onStall = throwIt
    for (let count = 0; count < 100 && bad.failures.length === 0; count++) turn()
    expect(after.owed).toEqual([])
    endsClean()
  })

  it("when it catches up is detached, and the caller of drained gets no exception", () => {
    const { bad, turn, endsClean } = newHub()
    bad.room = 0
    for (let count = 0; count < 5; count++) turn()
    bad.onDeliver = throwIt
    bad.drain()
    endsClean()
  })

  it("in its final delivery is detached, and callers of finish are called back", () => {
    const { bad, turn, endsClean } = newHub()
    bad.room = 0
    for (let count = 0; count < 5; count++) turn()
    bad.onDeliver = throwIt
    const done: Array<string> = []
    bad.member.finish(() => done.push("done"))
    expect(done).toEqual(["done"])
    endsClean()
  })

  it("when it is unblocked is detached, and not the member that unblocked it", () => {
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

  it("is not waited for: publishers that were blocked for it are unblocked", () => {
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
  it("detaches the subscriber whose frames are dropped, and no other", () => {
    const { world, before, bad, after, turn } = newHub({ countFrames: throwIt })
    world.detach(bad)
    const dropper = world.attach("dropper", { room: 0, budgetBytes: 20, slowConsumer: "drop-oldest" })
    for (let count = 0; count < 10; count++) turn()
    expect(dropper.failures).toEqual([bug])
    expect([before.got.length, after.got.length]).toEqual([10, 10])
    expect(world.core.stats()).toEqual({ subscribers: 2, lagging: 0, retainedBytes: 0 })
  })
})
