import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"

/** The clock and the timers of a scope, for code that runs in callbacks. Both are the Effect clock, so TestClock rules. */
export interface Timing {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Calls back after a time. Gives what cancels it; the end of the scope cancels too. */
  readonly after: (delay: Duration.Duration, callback: () => void) => () => void
}

/** Makes the timing of the current scope. */
export const makeTiming: Effect.Effect<Timing, never, Scope.Scope> = Effect.gen(function* () {
  const clock = yield* Effect.clock
  const run = yield* FiberSet.makeRuntime<never, void, never>()
  return {
    now: () => clock.unsafeCurrentTimeMillis(),
    after: (delay, callback) => {
      const fiber = run(Effect.zipRight(Effect.sleep(delay), Effect.sync(callback)))
      return () => fiber.unsafeInterruptAsFork(fiber.id())
    },
  }
})
