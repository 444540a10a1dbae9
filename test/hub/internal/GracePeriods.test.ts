import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { GracePeriods } from "../../../src/hub/internal/GracePeriods.ts"
import type { Member } from "../../../src/hub/internal/Member.ts"
import { HubWorld } from "../../support/hubWorld.ts"

const mebibyte = 1024 * 1024

/** A publisher, one who always reads, and a reader that has earned all the grace that there is. */
const makeWorld = () => {
  const world = new HubWorld({ budgetBytes: 1000 })
  const publisher = world.attach("publisher", { budgetBytes: mebibyte })
  world.attach("other", { budgetBytes: mebibyte })
  const reader = world.attach("reader")
  const read = () => {
    world.publish(publisher, [16 * mebibyte])
    world.core.flush()
    reader.drain()
  }
  /** The reader takes nothing for so long, while more than half its budget comes. Whether the publisher had to wait. */
  const hiccup = (during: () => void) => {
    reader.room = 0
    const before = publisher.blocks.length
    for (const size of [300, 300, 10]) {
      world.publish(publisher, [size])
      world.core.flush()
    }
    const held = publisher.blocks.length > before
    during()
    reader.room = Number.POSITIVE_INFINITY
    reader.drain()
    return held
  }
  read()
  return { world, publisher, reader, read, hiccup }
}

describe("the grace with a reader", () => {
  it("comes back with what it reads", () => {
    const { hiccup, read, world } = makeWorld()
    expect(hiccup(() => world.timing.advance(290))).toBe(true)
    expect(hiccup(() => {})).toBe(false)
    read()
    expect(hiccup(() => {})).toBe(true)
  })

  it("is used up by no more than its wait when the timer fires late", () => {
    const { hiccup, read, world } = makeWorld()
    expect(hiccup(() => world.timing.standStill(10_000))).toBe(true)
    expect(hiccup(() => {})).toBe(false)
    // What it reads now earns it time again: it has no debt to pay off first.
    read()
    expect(hiccup(() => {})).toBe(true)
  })

  it("is not used up by a clock that is set", () => {
    const { hiccup, world } = makeWorld()
    const hour = 3_600_000
    expect(
      hiccup(() => {
        world.timing.set += hour
      }),
    ).toBe(true)
    expect(hiccup(() => world.timing.advance(20))).toBe(true)
    expect(hiccup(() => {})).toBe(true)
  })
})

describe("the wait for a reader", () => {
  /** A reader and a clock whose timers fire when the test says so, however late. */
  const waiting = () => {
    const clock = { millis: 0, delays: [] as number[], fire: () => {} }
    const grace = new GracePeriods(
      {
        now: () => clock.millis,
        elapsed: () => clock.millis,
        after: (delay, callback) => {
          clock.delays.push(Duration.toMillis(delay))
          clock.fire = callback
          return () => {}
        },
      },
      () => {},
    )
    const reader = { taken: 0 }
    const member = {
      graceLeftMillis: 0,
      creditedProgress: 0,
      sink: { progress: () => reader.taken },
    } as unknown as Member
    return { clock, grace, reader, member }
  }

  it("costs no more than it was to last when its timer fires late: a process that stood still waited for nobody", () => {
    const { clock, member, grace, reader } = waiting()
    reader.taken = 16 * mebibyte
    grace.start(member)
    clock.millis += 5000
    clock.fire()
    expect(grace.has(member)).toBe(false)
    grace.start(member)
    expect(grace.has(member)).toBe(false)
    reader.taken += 4 * mebibyte
    grace.start(member)
    expect(clock.delays).toEqual([300, 150])
  })

  it("is paid from all that the reader has earned by its end, which is never more than 300 ms", () => {
    const { clock, member, grace, reader } = waiting()
    reader.taken = 16 * mebibyte
    grace.start(member)
    reader.taken += 16 * mebibyte
    clock.millis += 200
    grace.end(member)
    grace.start(member)
    expect(clock.delays).toEqual([300, 100])
  })
})
