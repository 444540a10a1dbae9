import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { finishWithin } from "../../src/web/server/finishWithin.ts"

/** Interrupts a fiber twice: before its finalizer, which runs the step, and during the finalizer. */
const interruptedTwice = (step: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const entered = yield* Deferred.make<void>()
    const begun = yield* Deferred.make<void>()
    const result = yield* Deferred.make<Option.Option<void>>()
    const fiber = yield* Effect.fork(
      Effect.scoped(
        Effect.gen(function* () {
          yield* Effect.addFinalizer(() =>
            finishWithin(Effect.zipRight(Deferred.succeed(begun, undefined), step), "2 seconds").pipe(
              Effect.flatMap((ended) => Deferred.succeed(result, ended)),
            ),
          )
          yield* Deferred.succeed(entered, undefined)
          yield* Effect.never
        }),
      ),
    )
    yield* Deferred.await(entered)
    yield* Fiber.interruptFork(fiber)
    yield* Deferred.await(begun)
    yield* Fiber.interruptFork(fiber)
    return { fiber, result }
  })

describe("a step of a finalizer with a deadline", () => {
  it.effect("ends in its own time although its fiber is interrupted again, and the finalizer goes on", () =>
    Effect.gen(function* () {
      const latch = yield* Deferred.make<void>()
      const { fiber, result } = yield* interruptedTwice(Deferred.await(latch))
      yield* TestClock.adjust("1 second")
      expect(yield* Deferred.isDone(result)).toBe(false)
      yield* Deferred.succeed(latch, undefined)
      yield* Fiber.await(fiber)
      expect(yield* Deferred.isDone(result)).toBe(true)
      expect(yield* Deferred.await(result)).toEqual(Option.some(undefined))
    }),
  )

  it.effect("is interrupted at the deadline", () =>
    Effect.gen(function* () {
      const { fiber, result } = yield* interruptedTwice(Effect.never)
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.await(fiber)
      expect(yield* Deferred.isDone(result)).toBe(true)
      expect(yield* Deferred.await(result)).toEqual(Option.none())
    }),
  )
})
