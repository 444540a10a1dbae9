import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** A clock for rows: milliseconds since the epoch with microseconds as the fraction. */
export interface PreciseTime {
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
export const isLiveClock = (clock: Clock.Clock): boolean =>
  (clock instanceof PreciseClock ? clock.source : clock) === liveClock

/**
 * The monotonic clock. Effect's live clock computes with `bigint`, which would triple the time for each row of the log.
 */
export const elapsedOf = (clock: Clock.Clock): (() => number) =>
  isLiveClock(clock) ? () => performance.now() : () => Number(clock.unsafeCurrentTimeNanos()) / 1e6

/** The date of the current clock has a resolution of milliseconds. The monotonic clock adds the microseconds. */
export const makePreciseTime: Effect.Effect<PreciseTime> = Effect.map(Effect.clock, (clock) => preciseTimeOf(clock))

const preciseTimeOf = (clock: Clock.Clock): PreciseTime => {
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
}

/** A clock whose milliseconds since the epoch have microseconds as the fraction. */
class PreciseClock implements Clock.Clock {
  readonly [Clock.ClockTypeId]: Clock.ClockTypeId = Clock.ClockTypeId
  readonly currentTimeMillis: Effect.Effect<number>
  readonly currentTimeNanos: Effect.Effect<bigint>
  readonly source: Clock.Clock
  private readonly time: PreciseTime

  constructor(source: Clock.Clock) {
    this.source = source
    this.time = preciseTimeOf(source)
    this.currentTimeMillis = Effect.sync(this.time.now)
    this.currentTimeNanos = source.currentTimeNanos
  }

  unsafeCurrentTimeMillis(): number {
    return this.time.now()
  }

  unsafeCurrentTimeNanos(): bigint {
    return this.source.unsafeCurrentTimeNanos()
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return this.source.sleep(duration)
  }
}

/** Runs an effect with a clock that has microseconds, so that the times of events have them, too. */
export const withPreciseClock = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.clock, (clock) => Effect.withClock(effect, new PreciseClock(clock)))
