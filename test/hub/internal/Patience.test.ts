import { describe, expect, it } from "@effect/vitest"
import { HubWorld } from "../../support/hubWorld.ts"

const mebibyte = 1024 * 1024

/** A publisher, one who always reads, and a reader that has earned all the patience that there is. */
const makeWorld = () => {
  const world = new HubWorld({ budgetBytes: 1000 })
  const talker = world.attach("talker", { budgetBytes: mebibyte })
  world.attach("other", { budgetBytes: mebibyte })
  const reader = world.attach("reader")
  const read = () => {
    world.publish(talker, [16 * mebibyte])
    world.core.flush()
    reader.drain()
  }
  /** The reader takes nothing for so long, while more than half its budget comes. Whether the publisher had to wait. */
  const hiccup = (during: () => void) => {
    reader.room = 0
    const before = talker.holds.length
    for (const size of [300, 300, 10]) {
      world.publish(talker, [size])
      world.core.flush()
    }
    const held = talker.holds.length > before
    during()
    reader.room = Number.POSITIVE_INFINITY
    reader.drain()
    return held
  }
  read()
  return { world, talker, reader, read, hiccup }
}

describe("the patience with a reader", () => {
  it("comes back with what it reads", () => {
    const { hiccup, read, world } = makeWorld()
    expect(hiccup(() => world.timing.advance(290))).toBe(true)
    expect(hiccup(() => {})).toBe(false)
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
