import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Waiters } from "../../src/runtime/Waiters.ts"
import { nextTurn } from "../../src/testing/turns.ts"

describe("waiters", () => {
  it.effect("all resume at a wake, and not before", () =>
    Effect.gen(function* () {
      const waiters = new Waiters()
      const order: Array<string> = []
      const wait = (name: string) => waiters.waitThen(Effect.sync(() => order.push(name)))
      const fibers = yield* Effect.forEach(["a", "b"], (name) => Effect.fork(wait(name)))
      yield* nextTurn
      order.push("wake")
      waiters.wake()
      yield* Fiber.joinAll(fibers)
      expect(order).toEqual(["wake", "a", "b"])
      expect(waiters.isEmpty()).toBe(true)
    }),
  )

  it.effect("check the condition again at each wake until it holds", () =>
    Effect.gen(function* () {
      const waiters = new Waiters()
      let looks = 0
      const waiting = yield* Effect.fork(waiters.until(() => ++looks === 3))
      for (const expected of [1, 2, 3]) {
        yield* nextTurn
        expect(looks).toBe(expected)
        waiters.wake()
      }
      yield* Fiber.join(waiting)
      expect(looks).toBe(3)
    }),
  )

  it.effect("leave the list after their interruption, whatever their number", () =>
    Effect.gen(function* () {
      const waiters = new Waiters()
      const wait = waiters.waitThen(Effect.die("woken after the end"))
      const kept = yield* Effect.fork(waiters.waitThen(Effect.void))
      for (let round = 0; round < 100; round++) {
        const fiber = yield* Effect.fork(wait)
        yield* nextTurn
        yield* Fiber.interrupt(fiber)
      }
      expect(waiters.count()).toBeLessThan(20)
      expect(waiters.isEmpty()).toBe(false)
      waiters.wake()
      yield* Fiber.join(kept)
      expect(waiters.isEmpty()).toBe(true)
    }),
  )
})
