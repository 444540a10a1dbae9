import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { nextTurn } from "../../../src/testing/turns.ts"
import { HubWorld } from "../../support/hubWorld.ts"

describe("a member that joins a hub with a history", () => {
  it.effect("gets what follows if its policy drops the history in the turn in which it joins", () =>
    Effect.gen(function* () {
      const world = new HubWorld({ last: 100 })
      world.publish(undefined, [8])
      const sink = world.attach("late", { budgetBytes: 200, slowConsumer: "drop-oldest" })
      world.publish(undefined, [61, 42, 90])
      world.core.flush()
      expect(sink.missed).toBe(1)
      yield* nextTurn
      expect([sink.owed, sink.got.length]).toEqual([[], 3])
      world.publish(undefined, [10])
      yield* nextTurn
      expect([sink.owed, sink.got.length]).toEqual([[], 4])
      expect(world.core.stats()).toMatchObject({ lagging: 0, retainedBytes: 0 })
      expect(world.faults).toEqual([])
    }),
  )

  it.effect("is stalled if the history is a quarter of its budget and it takes nothing", () =>
    Effect.gen(function* () {
      const world = new HubWorld({ last: 100 })
      world.publish(undefined, [81, 104])
      const sink = world.attach("slow", { budgetBytes: 740, room: 1 })
      yield* nextTurn
      expect([sink.isFull, sink.isStalled]).toEqual([true, true])
      sink.drain()
      expect(sink.isStalled).toBe(false)
      expect(world.faults).toEqual([])
    }),
  )
})
