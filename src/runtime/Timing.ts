import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import { elapsedOf } from "./preciseTime.ts"
import { TimerQueue } from "./TimerQueue.ts"

/**
 * The clock and the timers of a scope, for code in callbacks. Both follow the Effect clock, so `TestClock` controls
 * them.
 */
export interface Timing {
  /**
   * The wall clock, milliseconds since the epoch. Use it only for the time of events, because it jumps when the system
   * clock is set.
   */
  readonly now: () => number
  /**
   * A monotonic clock, milliseconds since an arbitrary moment. Measure every time span as the difference of two values.
   */
  readonly elapsed: () => number
  /** Calls `callback` after `delay`. Returns a function that cancels the timer. The end of the scope cancels it too. */
  readonly after: (delay: Duration.Duration, callback: () => void) => () => void
}

/**
 * Makes the timing of the current scope. Timers with the same delay share one fiber that sleeps until the first of them
 * is due. Thousands of connections with the same deadline therefore need one queue, and no fiber for each connection.
 */
export const makeTiming: Effect.Effect<Timing, never, Scope.Scope> = Effect.gen(function* () {
  const clock = yield* Effect.clock
  const run = yield* FiberSet.makeRuntime<never, void, never>()
  const queues = new Map<number, TimerQueue>()
  // Delays need the monotonic clock: the wall clock can be set.
  const elapsedMillis = elapsedOf(clock)

  const drive = (queue: TimerQueue): Effect.Effect<void> =>
    Effect.suspend(() => {
      const due = queue.nextDue()
      if (due === undefined) {
        queues.delete(queue.delayMillis)
        return Effect.void
      }
      return Effect.zipRight(Clock.sleep(Duration.millis(Math.max(0, Math.ceil(due - elapsedMillis())))), expire(queue))
    })

  const expire = (queue: TimerQueue) =>
    Effect.suspend(() => {
      const failures = queue.expire(elapsedMillis())
      const log = Effect.forEach(failures, (failure) => Effect.logError("a timer's callback failed", failure))
      return Effect.zipRight(log, drive(queue))
    })

  return {
    now: () => clock.unsafeCurrentTimeMillis(),
    elapsed: elapsedMillis,
    after: (delay, callback) => {
      const delayMillis = Duration.toMillis(delay)
      let queue = queues.get(delayMillis)
      if (queue !== undefined) return queue.add(elapsedMillis(), callback)
      queue = new TimerQueue(delayMillis)
      const cancel = queue.add(elapsedMillis(), callback)
      queues.set(delayMillis, queue)
      run(drive(queue))
      return cancel
    },
  }
})
