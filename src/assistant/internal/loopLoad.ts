import * as Effect from "effect/Effect"
import { isLiveClock } from "../../runtime/preciseTime.ts"

// The event loop counts as busy if it works for more than this share of the time.
const busyShare = 0.9

/**
 * Makes a function that returns whether the event loop of Node has been busy since the last call
 * (`performance.eventLoopUtilization`). Under a test clock the loop is never busy, so that tests are deterministic.
 */
export const makeLoopLoad: Effect.Effect<() => boolean> = Effect.map(Effect.clock, (clock) => {
  if (!isLiveClock(clock)) return () => false
  let last = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return utilization > busyShare
  }
})
