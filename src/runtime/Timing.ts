import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import { TimerQueue } from "./TimerQueue.ts"

/** The clock and the timers of a scope, for code that runs in callbacks. Both are the Effect clock, so TestClock rules. */
export interface Timing {
  /** The date, in milliseconds since the epoch. It jumps when the clock of the machine is set: it only dates events. */
  readonly now: () => number
  /** Milliseconds since some moment, of a clock that nobody sets. Every span is a difference of two of these. */
  readonly elapsed: () => number
  /** Calls back after a time. Gives what cancels it; the end of the scope cancels too. */
  readonly after: (delay: Duration.Duration, callback: () => void) => () => void
}

/**
 * Makes the timing of the current scope. Timers of the same delay share one fiber, which sleeps until the first of them
 * is due: thousands of connections with a deadline each cost a list and no timer of their own.
 */
export const makeTiming: Effect.Effect<Timing, never, Scope.Scope> = Effect.gen(function* () {
  const clock = yield* Effect.clock
  const run = yield* FiberSet.makeRuntime<never, void, never>()
  const queues = new Map<number, TimerQueue>()
  // A delay is not a date.
  const elapsedMillis = () => Number(clock.unsafeCurrentTimeNanos()) / 1e6

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
      const told = Effect.forEach(failures, (failure) => Effect.logError("a timer's callback failed", failure))
      return Effect.zipRight(told, drive(queue))
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
