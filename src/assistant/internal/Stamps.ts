import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"

/** The time of the rows of a log: milliseconds since the epoch with microseconds behind the point. */
export interface Stamps {
  readonly now: () => number
  /** Milliseconds of a monotonic clock. */
  readonly elapsed: () => number
}

// A date that differs from the reckoned one by so many milliseconds was set.
const setMillis = 100
// How often the two are compared, milliseconds.
const comparedEvery = 50

const liveClock = Context.get(DefaultServices.liveServices, Clock.Clock)

/** Whether a clock is that of the machine, and not one of a test. */
export const isLiveClock = (clock: Clock.Clock): boolean => clock === liveClock

/** The monotonic clock. Effect's live clock reckons in `bigint`, which costs a log three times the time for each row. */
const elapsedOf = (clock: Clock.Clock): (() => number) =>
  isLiveClock(clock) ? () => performance.now() : () => Number(clock.unsafeCurrentTimeNanos()) / 1e6

/** The date of the current clock, which has milliseconds, made finer by the clock that measures spans. */
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
