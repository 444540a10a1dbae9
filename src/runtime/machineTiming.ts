import * as Duration from "effect/Duration"
import type { Timing } from "./Timing.ts"

/**
 * Timers of the machine and not of the Effect clock, for the deadline of a finalizer. A finalizer cannot be
 * interrupted. `TestClock` stands still at the end of a test, so a finalizer with a deadline on it would never end.
 */
export const machineTiming: Pick<Timing, "after"> = {
  after: (delay, callback) => {
    const timer = setTimeout(callback, Duration.toMillis(delay))
    return () => clearTimeout(timer)
  },
}
