import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"

/** The clock of a log: milliseconds since the epoch with microseconds as the fraction. */
export interface Stamps {
  readonly now: () => number
  /** Milliseconds of a monotonic clock. */
  readonly elapsed: () => number
}

// If the date differs from the computed date by more than this, the system clock has been set.
const setMillis = 100
// The interval between comparisons of the two clocks, milliseconds.
const comparedEvery = 50

const liveClock = Context.get(DefaultServices.liveServices, Clock.Clock)

/** Whether a clock is the clock of the machine, and not the clock of a test. */
export const isLiveClock = (clock: Clock.Clock): boolean => clock === liveClock

/**
 * The monotonic clock. Effect's live clock computes with `bigint`, which would triple the time for each row of the log.
 */
const elapsedOf = (clock: Clock.Clock): (() => number) =>
  isLiveClock(clock) ? () => performance.now() : () => Number(clock.unsafeCurrentTimeNanos()) / 1e6

/** The date of the current clock has a resolution of milliseconds. The monotonic clock adds the microseconds. */
export const makeStamps: Effect.Effect<Stamps> = Effect.map(Effect.clock, (clock) => {
  const elapsed = elapsedOf(clock)
  let offset = clock.unsafeCurrentTimeMillis() - elapsed()
  let compared = elapsed()
  return {
    elapsed,
    now: () => {
      const span = elapsed()
      const reckoned = span + offset
      if (span - compared < comparedEvery) return reckoned
      compared = span
      const date = clock.unsafeCurrentTimeMillis()
      if (Math.abs(reckoned - date) <= setMillis) return reckoned
      offset += date - reckoned
      return date
    },
  }
})
