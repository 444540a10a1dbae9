import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { GracePeriods } from "../../../src/hub/internal/GracePeriods.ts"
import type { Member } from "../../../src/hub/internal/Member.ts"
import { HubWorld } from "../../support/hubWorld.ts"

const mebibyte = 1024 * 1024

/** A publisher, a member that always reads, and a reader that has earned the longest grace period. */
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
  /** The reader takes nothing during `during`, while more than half its budget is published. Returns whether that blocks the publisher. */
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

describe("the grace of a reader", () => {
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
    // The next bytes that it reads earn time again: it has no debt to pay off.
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

describe("a grace period", () => {
  /** A reader, and a clock whose timers fire when the test calls `fire`, however late. */
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

  it("costs no more than its length when the timer fires late, as in a process that was suspended", () => {
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

  it("uses up the time that the reader has earned by its end, 300 ms at most", () => {
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
