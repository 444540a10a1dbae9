import * as Duration from "effect/Duration"
import type { Timing } from "./Timing.ts"

/**
 * Timers of the machine, not of the Effect clock: for the deadline of a finalizer. A finalizer cannot be interrupted, so
 * with the clock of a test, which stands still at the end of the test, it would wait for ever.
 */
export const machineTiming: Pick<Timing, "after"> = {
  after: (delay, callback) => {
    const timer = setTimeout(callback, Duration.toMillis(delay))
    return () => clearTimeout(timer)
  },
}
