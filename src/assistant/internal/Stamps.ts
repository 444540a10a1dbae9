import * as Effect from "effect/Effect"

/** The time of the rows of a log: milliseconds since the epoch with microseconds behind the point. */
export interface Stamps {
  readonly now: () => number
  /** Milliseconds of a monotonic clock. */
  readonly elapsed: () => number
}

// A date that differs from the reckoned one by so many milliseconds was set.
const setMillis = 100

/** The date of the current clock, which has milliseconds, made finer by the clock that measures spans. */
export const makeStamps: Effect.Effect<Stamps> = Effect.map(Effect.clock, (clock) => {
  const elapsed = () => Number(clock.unsafeCurrentTimeNanos()) / 1e6
  let offset = clock.unsafeCurrentTimeMillis() - elapsed()
  return {
    elapsed,
    now: () => {
      const reckoned = elapsed() + offset
      const date = clock.unsafeCurrentTimeMillis()
      if (Math.abs(reckoned - date) <= setMillis) return reckoned
      offset += date - reckoned
      return date
    },
  }
})
