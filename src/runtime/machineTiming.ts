import * as Duration from "effect/Duration"
import type { Timing } from "./Timing.ts"

/**
 * Timers on the system's clock instead of the Effect clock, for deadlines in finalizers. A finalizer cannot be
 * interrupted, and `TestClock` does not advance at the end of a test. A finalizer with a deadline on `TestClock` would
 * therefore never end.
 */
export const machineTiming: Pick<Timing, "after"> = {
  after: (delay, callback) => {
    const timer = setTimeout(callback, Duration.toMillis(delay))
    return () => clearTimeout(timer)
  },
}
