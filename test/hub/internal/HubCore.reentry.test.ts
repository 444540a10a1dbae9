import { describe, expect, it } from "@effect/vitest"
import { type FakeSink, HubWorld } from "../../support/hubWorld.ts"

/** Runs a callback once, during a delivery to a subscriber. */
const onceIn = (sink: FakeSink, act: () => void): void => {
  sink.onDeliver = () => {
    sink.onDeliver = undefined
    act()
  }
}

const newHub = () => {
  const world = new HubWorld()
  return { world, a: world.attach("a"), b: world.attach("b"), c: world.attach("c") }
}

const endsClean = (world: HubWorld, subscribers = world.present.length) => {
  for (const sink of world.present) sink.drain(Number.POSITIVE_INFINITY)
  world.core.flush()
  expect(world.faults).toEqual([])
  expect(world.present.flatMap((sink) => sink.owed)).toEqual([])
  expect(world.core.stats()).toEqual({ subscribers, lagging: 0, retainedBytes: 0 })
}

describe("a subscriber that calls the hub during a delivery", () => {
  it("may leave while it is full, and gets no further call", () => {
    const { world, a, b } = newHub()
    b.room = 0
    onceIn(b, () => world.detach(b))
    world.publish(a, [800])
    world.publish(a, [800])
    world.core.flush()
    world.publish(a)
    world.core.flush()
    expect([b.got.length, b.overflows, b.stalls]).toEqual([2, [], []])
    endsClean(world)
  })

  it("may leave between the gaps around its own frames", () => {
    const { world, a, b } = newHub()
    onceIn(a, () => world.detach(a))
    world.publish(b)
    world.publish(a)
    world.publish(b)
    world.core.flush()
    expect(a.got.length).toBe(1)
    expect(a.corks).toBe(0)
    endsClean(world)
  })

  it("may leave while it catches up", () => {
    const { world, a, b } = newHub()
    b.room = 0
    for (let turn = 0; turn < 5; turn++) {
      world.publish(a)
      world.core.flush()
    }
    onceIn(b, () => world.detach(b))
    b.drain()
    expect(b.got.length).toBe(2)
    endsClean(world)
  })

  it("may detach a member that was served, and one that is served later", () => {
    const { world, a, b, c } = newHub()
    onceIn(b, () => {
      world.detach(a)
      world.detach(c)
    })
    world.publish(undefined)
    world.core.flush()
    expect([a.got.length, b.got.length, c.got.length]).toEqual([1, 1, 0])
    endsClean(world)
  })

  it("may attach a new member, which gets nothing of this delivery", () => {
    const { world, a, b } = newHub()
    onceIn(a, () => {
      world.publish(b)
      world.attach("newcomer")
      world.publish(b)
    })
    world.publish(undefined)
    world.core.flush()
    world.core.flush()
    expect(world.sinks[3]?.got.length).toBe(1)
    endsClean(world)
  })

  it("may publish: all others get it after everything published before", () => {
    const { world, a, b, c } = newHub()
    b.room = 0
    onceIn(a, () => {
      world.publish(a)
      world.core.flush()
      world.publish(c)
    })
    world.publish(undefined)
    world.core.flush()
    expect([a.got.length, b.got.length, c.got.length]).toEqual([1, 2, 2])
    world.core.flush()
    endsClean(world)
  })

  it("may publish and flush as the last of a flush: members before it get that too, in the same flush", () => {
    const { world, a, b, c } = newHub()
    onceIn(c, () => {
      world.publish(c)
      world.core.flush()
    })
    world.publish(undefined)
    world.core.flush()
    expect([a.got.length, b.got.length, c.got.length]).toEqual([2, 2, 1])
    endsClean(world)
  })

  it("may publish and flush while it catches up, and gets everything in order", () => {
    const { world, a, b } = newHub()
    b.room = 0
    world.publish(a)
    world.core.flush()
    for (const by of [a, b, a]) world.publish(by)
    world.core.flush()
    onceIn(b, () => {
      world.publish(a)
      world.core.flush()
    })
    b.drain(Number.POSITIVE_INFINITY)
    expect(b.got.length).toBe(4)
    endsClean(world)
  })

  it("may drain during its final delivery, and gets all of it in order", () => {
    const { world, a, b } = newHub()
    b.room = 0
    world.publish(a)
    world.core.flush()
    for (const by of [a, b, a]) world.publish(by)
    world.core.flush()
    world.publish(a)
    world.core.flush()
    onceIn(b, () => b.member.drained())
    world.finish(b)
    expect(b.got.length).toBe(4)
    endsClean(world, 3)
  })

  it("may drain another member, which gets nothing twice", () => {
    const { world, a, b, c } = newHub()
    c.room = 0
    a.room = 0
    world.publish(undefined)
    world.core.flush()
    onceIn(b, () => {
      c.drain()
      a.drain()
    })
    world.publish(undefined)
    world.core.flush()
    expect([a.got.length, b.got.length, c.got.length]).toEqual([2, 2, 2])
    endsClean(world)
  })

  it("may finish itself or another: each gets everything published before, and nothing after", () => {
    const { world, a, b, c } = newHub()
    const lag = world.attach("lag", { room: 0 })
    world.publish(a)
    world.core.flush()
    onceIn(b, () => {
      world.publish(a)
      world.finish(c)
      world.finish(b)
      world.finish(lag)
      world.publish(a)
      world.core.flush()
    })
    world.publish(a)
    world.core.flush()
    world.core.flush()
    expect([b.got.length, c.got.length, lag.got.length]).toEqual([3, 3, 3])
    expect([b.isGone, c.isGone, lag.isGone]).toEqual([true, true, true])
    expect(world.faults).toEqual([])
    expect(world.core.stats()).toEqual({ subscribers: 4, lagging: 0, retainedBytes: 0 })
  })

  it("may leave when it stalls, before it is disconnected", () => {
    const { world, a, b } = newHub()
    b.room = 0
    b.onStall = () => world.detach(b)
    world.publish(a, [2000])
    world.core.flush()
    expect(b.overflows).toEqual([])
    endsClean(world)
  })

  it("may publish when it is unblocked", () => {
    const world = new HubWorld()
    const publisher = world.attach("publisher")
    const reader = world.attach("reader", { room: 0 })
    world.publish(publisher)
    world.core.flush()
    world.publish(publisher)
    expect(publisher.isBlocked).toBe(true)
    publisher.onUnblock = () => void world.publish(publisher)
    reader.drain(Number.POSITIVE_INFINITY)
    expect(publisher.blocks).toEqual(["blocked", "unblocked"])
    world.core.flush()
    expect(reader.got.length).toBe(3)
    endsClean(world)
  })
})

describe("a subscriber that finishes", () => {
  it("gets its whole lag at once, and frees the log however slowly it takes that", () => {
    const { world, a, b } = newHub()
    b.room = 0
    for (let turn = 0; turn < 5; turn++) {
      world.publish(a, [50])
      world.core.flush()
    }
    world.finish(b)
    expect(b.got.length).toBe(5)
    for (let turn = 0; turn < 100; turn++) {
      world.publish(a, [50])
      world.core.flush()
      expect(world.core.stats().retainedBytes).toBe(0)
    }
    expect([b.got.length, b.overflows]).toEqual([5, []])
    expect(world.faults).toEqual([])
  })

  it("still publishes", () => {
    const { world, a, b } = newHub()
    world.finish(b)
    world.publish(b)
    world.core.flush()
    expect(a.got.length).toBe(1)
    endsClean(world, 3)
  })

  it("recovers when it has taken the rest", () => {
    const { world, a, b } = newHub()
    b.room = 0
    world.publish(a, [500])
    world.core.flush()
    world.finish(b)
    expect(b.stalls).toEqual(["stalled"])
    b.member.drained()
    b.member.drained()
    expect(b.stalls).toEqual(["stalled", "recovered"])
  })

  it("is finished at once when it has left, and when it had finished before", () => {
    const { world, a } = newHub()
    const done: Array<string> = []
    a.member.finish(() => done.push("first"))
    a.member.finish(() => done.push("second"))
    world.detach(a)
    a.member.finish(() => done.push("third"))
    expect(done).toEqual(["first", "second", "third"])
  })
})

describe("a subscriber that has left", () => {
  it("has no effect any more, whatever it calls", () => {
    const { world, a, b, c } = newHub()
    b.room = 0
    world.publish(a)
    world.core.flush()
    world.detach(b)
    world.detach(b)
    b.member.drained()
    expect(world.core.stats()).toEqual({ subscribers: 2, lagging: 0, retainedBytes: 0 })
    world.detach(c)
    a.room = 0
    world.publish(undefined)
    world.core.flush()
    world.publish(b)
    expect(b.blocks).toEqual([])
    endsClean(world)
  })
})

describe("a subscriber that acts in a callback", () => {
  it("may finish while it catches up: nothing published after that is for it", () => {
    const world = new HubWorld()
    const [a, b] = [world.attach("a"), world.attach("b", { room: 0 })]
    for (let turn = 0; turn < 4; turn++) {
      world.publish(a)
      world.core.flush()
    }
    let handed = 0
    b.onDeliver = () => {
      handed++
      if (handed === 1) world.finish(b)
      if (handed === 2) {
        world.publish(a)
        world.core.flush()
      }
    }
    b.drain(Number.POSITIVE_INFINITY)
    expect(world.faults).toEqual([])
    expect(b.got.length).toBe(4)
  })

  it("may take everything when it stalls, and is not disconnected for its former lag", () => {
    const world = new HubWorld()
    const [a, b] = [world.attach("a"), world.attach("b", { room: 0 })]
    b.onStall = () => b.drain(Number.POSITIVE_INFINITY)
    world.publish(a, [2000])
    world.core.flush()
    expect(b.overflows).toEqual([])
  })

  it("recovers before publishers are unblocked, which may stall it again", () => {
    const world = new HubWorld()
    const [publisher, b] = [world.attach("t"), world.attach("b", { room: 0 })]
    world.publish(publisher, [500])
    world.core.flush()
    world.publish(publisher, [10])
    publisher.onUnblock = () => {
      world.publish(undefined, [500])
      world.core.flush()
    }
    b.drain(0)
    if (b.isFull) b.drain(400)
    expect(world.faults).toEqual([])
  })
})
