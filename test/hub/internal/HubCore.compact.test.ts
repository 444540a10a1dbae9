import { describe, expect, it } from "@effect/vitest"
import { HubWorld } from "../../support/hubWorld.ts"

describe("a hub of many tiny turns", () => {
  it("delivers a few buffers to a subscriber that lags by thousands of turns, nothing lost and nothing torn", () => {
    const world = new HubWorld({ budgetBytes: 1024 * 1024 })
    const [publisher, slow] = [world.attach("t"), world.attach("slow", { room: 0 })]
    for (let turn = 0; turn < 5000; turn++) {
      world.publish(publisher, [8])
      world.core.flush()
    }
    expect(slow.buffers.length).toBe(1)
    slow.drain(Number.POSITIVE_INFINITY)
    expect(slow.got.length).toBe(5000)
    expect(slow.buffers.length).toBeLessThan(1100)
    expect(world.faults).toEqual([])
    expect(world.core.stats()).toMatchObject({ lagging: 0, retainedBytes: 0 })
  })

  it("joins them for a member that publishes too: it gets the gaps around its own runs", () => {
    const world = new HubWorld({ budgetBytes: 100_000, log: { mostSegments: 4, joinedBytes: 2000 } })
    const [publisher, slow] = [world.attach("t"), world.attach("s", { room: 0 })]
    const listener = world.attach("l", { room: 0, needsPublisher: true })
    for (let turn = 0; turn < 300; turn++) {
      world.publish(turn % 3 === 0 ? slow : publisher, [8])
      world.core.flush()
    }
    for (const sink of [slow, listener]) sink.drain(Number.POSITIVE_INFINITY)
    expect([slow.got.length, listener.got.length]).toEqual([200, 300])
    expect(listener.publishers).toEqual(Array.from({ length: 300 }, (_, turn) => (turn % 3 === 0 ? 2 : 1)))
    expect(world.faults).toEqual([])
    expect(world.core.stats()).toMatchObject({ lagging: 0, retainedBytes: 0 })
  })

  it("drops the oldest runs from the middle of a joined segment, and none too many", () => {
    const world = new HubWorld({ log: { mostSegments: 4, joinedBytes: 200 } })
    const publisher = world.attach("t")
    const slow = world.attach("slow", { room: 0, budgetBytes: 100, slowConsumer: "drop-oldest" })
    for (let turn = 0; turn < 101; turn++) {
      world.publish(publisher, [10])
      world.core.flush()
      expect(slow.missed).toBe(Math.max(0, turn - 9))
      expect(world.core.stats().retainedBytes).toBeLessThanOrEqual(300)
    }
    slow.drain(Number.POSITIVE_INFINITY)
    expect([slow.got.length, slow.missed]).toEqual([10, 91])
    expect(world.faults).toEqual([])
  })

  it("may be flushed during the final delivery of a subscriber, which gets nothing after its end", () => {
    const world = new HubWorld({ budgetBytes: 100_000, log: { mostSegments: 4, joinedBytes: 100 } })
    const [publisher, slow] = [world.attach("t"), world.attach("slow", { room: 0 })]
    world.attach("other", { room: 0 })
    const turn = () => {
      world.publish(publisher, [10])
      world.core.flush()
    }
    for (let count = 0; count < 4; count++) turn()
    slow.onDeliver = () => {
      slow.onDeliver = undefined
      for (let count = 0; count < 20; count++) turn()
    }
    world.finish(slow)
    expect(slow.got.length).toBe(4)
    expect(world.faults).toEqual([])
  })

  it("may be flushed while a subscriber catches up, which still gets everything in order", () => {
    const world = new HubWorld({ budgetBytes: 100_000, log: { mostSegments: 4, joinedBytes: 100 } })
    const [publisher, slow] = [world.attach("t"), world.attach("slow", { room: 0 })]
    const turn = () => {
      world.publish(publisher, [10])
      world.core.flush()
    }
    for (let count = 0; count < 20; count++) turn()
    let more = 20
    slow.onDeliver = () => {
      if (more-- > 0) turn()
    }
    slow.drain(Number.POSITIVE_INFINITY)
    world.core.flush()
    expect(slow.got.length).toBe(40)
    expect(world.faults).toEqual([])
    expect(world.core.stats()).toMatchObject({ lagging: 0, retainedBytes: 0 })
  })
})
