import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { nextTurn } from "../../../src/testing/turns.ts"
import { HubWorld } from "../../support/hubWorld.ts"

describe("a hub", () => {
  it.effect("delivers once for a turn, however much was published in it", () =>
    Effect.gen(function* () {
      const world = new HubWorld({ budgetBytes: 100_000 })
      const [reader, publisher] = [world.attach("reader"), world.attach("publisher")]
      for (let count = 0; count < 100; count++) world.publish(count % 2 === 0 ? publisher : undefined)
      expect(reader.handovers).toBe(0)
      yield* nextTurn
      expect([reader.handovers, reader.got.length]).toEqual([1, 100])
      expect([publisher.handovers, publisher.got.length]).toEqual([1, 50])
      yield* nextTurn
      expect(reader.handovers).toBe(1)
      world.publish(publisher)
      yield* nextTurn
      expect([reader.handovers, publisher.handovers]).toEqual([2, 1])
      expect(world.faults).toEqual([])
    }),
  )

  it("delivers one shared buffer to all members that did not publish in the turn", () => {
    const world = new HubWorld()
    const [publisher, a, b] = [world.attach("publisher"), world.attach("a"), world.attach("b")]
    world.publish(publisher, [10, 20])
    world.publish(publisher, [30])
    world.core.flush()
    expect([a.buffers.length, b.buffers.length]).toEqual([1, 1])
    expect(a.buffers[0]).toBe(b.buffers[0])
    expect(publisher.got).toEqual([])
  })

  it("delivers large runs without a copy, all of a turn in one write, when few members receive them", () => {
    const world = new HubWorld({ budgetBytes: 1_000_000 })
    const [publisher, a, b] = [world.attach("publisher"), world.attach("a"), world.attach("b")]
    world.publish(publisher, [5000])
    world.publish(undefined, [10])
    world.publish(publisher, [6000])
    world.core.flush()
    expect(a.buffers.map(({ length }) => length)).toEqual([5000, 10, 6000])
    expect([a.handovers, b.handovers, publisher.handovers]).toEqual([1, 1, 1])
    for (const [at, bytes] of a.buffers.entries()) expect(b.buffers[at]).toBe(bytes)
    expect(publisher.buffers.map(({ length }) => length)).toEqual([10])
    // The log joins runs below 1000 bytes for each of three members.
    world.publish(publisher, [2999])
    world.publish(undefined, [2999])
    world.core.flush()
    expect(a.buffers.slice(3).map(({ length }) => length)).toEqual([5998])
    expect(world.faults).toEqual([])
  })

  it("delivers nothing to a new member that was published before it attached, even in the same turn", () => {
    const world = new HubWorld()
    const early = world.attach("early")
    world.publish(undefined)
    const late = world.attach("late")
    world.publish(undefined)
    world.core.flush()
    expect([early.got.length, late.got.length]).toEqual([2, 1])
    expect(world.faults).toEqual([])
  })

  it("delivers once for a turn, however many members attach between the runs of the turn", () => {
    const world = new HubWorld()
    const early = world.attach("early")
    const late = Array.from({ length: 100 }, (_, index) => {
      world.publish(early)
      world.publish(undefined)
      return world.attach(`late ${index}`)
    })
    world.publish(undefined)
    world.core.flush()
    expect([early.handovers, ...late.map(({ handovers }) => handovers)]).toEqual(Array(101).fill(1))
    expect([early.got.length, ...late.map(({ got }) => got.length)]).toEqual([
      101,
      ...late.map((_, index) => 2 * (99 - index) + 1),
    ])
    expect(world.core.stats().retainedBytes).toBe(0)
    expect(world.faults).toEqual([])
  })

  it("keeps the runs before a new member for the others, although another member leaves or drains", () => {
    const world = new HubWorld({ budgetBytes: 100_000 })
    const [reader, slow, leaving] = [world.attach("reader"), world.attach("slow", { room: 0 }), world.attach("leaving")]
    world.publish(undefined)
    world.core.flush()
    world.publish(undefined)
    world.attach("late")
    // The frame of this turn is no lag of a member that keeps up.
    expect(reader.member.pending()).toBe(reader.got.join("").length)
    leaving.member.detach()
    slow.drain()
    world.core.flush()
    expect(reader.got.length).toBe(2)
    expect(world.faults).toEqual([])
  })

  it("names the publisher of each run to a subscriber that needs it, also when it catches up", () => {
    const world = new HubWorld()
    const [a, b] = [world.attach("a"), world.attach("b")]
    const listener = world.attach("listener", { needsPublisher: true, room: 0 })
    world.publish(a)
    world.publish(b)
    world.core.flush()
    world.publish(undefined)
    world.publish(a)
    world.core.flush()
    listener.drain()
    expect(listener.publishers).toEqual([1, 2, undefined, 1])
    expect(world.faults).toEqual([])
  })

  it("publishes nothing for an empty run", () => {
    const world = new HubWorld()
    const sink = world.attach("sink")
    expect(world.core.publish(new Uint8Array(0))).toBe(true)
    world.core.flush()
    expect(sink.handovers).toBe(0)
  })

  it("does not let a subscriber that never reads stop the others", () => {
    const world = new HubWorld({ budgetBytes: 1000 })
    const publisher = world.attach("publisher")
    const stuck = world.attach("stuck", { room: 0 })
    const fast = world.attach("fast")
    for (let turn = 0; turn < 200; turn++) {
      expect(world.publish(publisher, [50])).toBe(true)
      world.core.flush()
      expect(fast.got.length).toBe(turn + 1)
      expect(world.core.stats().retainedBytes).toBeLessThanOrEqual(1050)
    }
    expect(publisher.blocks).toEqual([])
    expect([stuck.overflows.length, stuck.got.length]).toEqual([1, 1])
    expect(world.core.stats()).toEqual({ subscribers: 2, lagging: 0, retainedBytes: 0 })
  })

  it("catches a slow subscriber up from its cursor, in few deliveries", () => {
    const world = new HubWorld({ budgetBytes: 100_000 })
    const [slow, fast] = [world.attach("slow", { room: 0 }), world.attach("fast")]
    for (let turn = 0; turn < 100; turn++) {
      world.publish(undefined, [40])
      world.core.flush()
    }
    expect([slow.got.length, fast.got.length]).toEqual([1, 100])
    expect(world.core.stats()).toMatchObject({ lagging: 1, retainedBytes: 99 * 40 })
    slow.drain()
    expect([slow.got.length, slow.handovers]).toEqual([100, 2])
    slow.drain()
    expect(world.core.stats()).toMatchObject({ lagging: 0, retainedBytes: 0 })
    expect(world.faults).toEqual([])
  })
})

describe("a subscriber beyond its budget", () => {
  const lagging = (slowConsumer: "disconnect" | "drop-oldest" | "block") => {
    const world = new HubWorld()
    const fast = world.attach("fast")
    const slow = world.attach("slow", { room: 0, budgetBytes: 100, slowConsumer })
    const publish = (...sizes: ReadonlyArray<number>) => {
      const mayGoOn = world.publish(fast, sizes)
      world.core.flush()
      return mayGoOn
    }
    return { world, fast, slow, publish }
  }

  it("is disconnected by the first byte above it and not by the last byte within, with one call", () => {
    const { world, slow, publish } = lagging("disconnect")
    publish(60)
    publish(40)
    expect(slow.overflows).toEqual([])
    publish(8)
    expect(slow.overflows).toEqual([108])
    publish(50)
    slow.drain()
    expect(slow.overflows).toEqual([108])
    expect(world.core.stats()).toEqual({ subscribers: 1, lagging: 0, retainedBytes: 0 })
    expect(world.faults).toEqual([])
  })

  it("loses the oldest whole frames under drop-oldest, gets their number, and gets all others", () => {
    const { world, slow, publish } = lagging("drop-oldest")
    publish(20)
    publish(30, 10)
    publish(40)
    expect(slow.missed).toBe(0)
    publish(10)
    expect(slow.missed).toBe(2)
    publish(100)
    expect(slow.missed).toBe(5)
    publish(10)
    slow.drain()
    expect([slow.got.length, slow.missed]).toEqual([2, 5])
    expect(slow.lag.most).toBe(10)
    expect(world.faults).toEqual([])
  })

  it("loses exactly the runs above its budget under drop-oldest", () => {
    for (const more of [0, 1]) {
      const { world, fast, slow, publish } = lagging("drop-oldest")
      publish(20)
      for (let run = 0; run < 20; run++) world.publish(fast, [8])
      world.publish(fast, [8 + more])
      world.core.flush()
      // 100 - 20 bytes have room for ten runs of 8, and for no byte more.
      expect(slow.missed).toBe(11 + more)
      expect(world.faults).toEqual([])
    }
  })

  it("blocks publishers under block until it is within its budget, and loses nothing", () => {
    const { world, fast, slow, publish } = lagging("block")
    const outside = world.attach("outside")
    expect([publish(60), publish(40)]).toEqual([true, true])
    expect(fast.blocks).toEqual([])
    expect(publish(30)).toBe(true)
    expect(fast.blocks).toEqual(["blocked"])
    expect(publish(10)).toBe(false)
    expect(publish(10)).toBe(false)
    expect(fast.blocks).toEqual(["blocked"])
    expect(world.publish(undefined)).toBe(false)
    expect(slow.member.publish(new TextEncoder().encode("slow may\n"))).toBe(true)
    slow.drain()
    expect(fast.blocks).toEqual(["blocked", "unblocked"])
    slow.drain()
    world.core.flush()
    slow.drain()
    expect([slow.owed, slow.missed, slow.overflows]).toEqual([[], 0, []])
    expect(outside.got.length).toBe(fast.got.length + 5)
  })

  it("unblocks the publishers when it leaves", () => {
    const { world, fast, slow, publish } = lagging("block")
    publish(200)
    expect(publish(10)).toBe(false)
    world.detach(slow)
    expect(fast.blocks).toEqual(["blocked", "unblocked"])
    expect(world.core.stats()).toMatchObject({ lagging: 0, retainedBytes: 0 })
    expect(publish(10)).toBe(true)
  })

  it("gets one call when it stalls and one when it has recovered", () => {
    const { slow, publish } = lagging("disconnect")
    publish(24)
    expect(slow.stalls).toEqual([])
    publish(8)
    publish(8)
    expect(slow.stalls).toEqual(["stalled"])
    slow.takeSome(10)
    slow.drain()
    expect(slow.stalls).toEqual(["stalled"])
    slow.drain()
    expect(slow.stalls).toEqual(["stalled", "recovered"])
    publish(90)
    slow.drain()
    expect(slow.stalls).toEqual(["stalled", "recovered", "stalled", "recovered"])
  })
})
