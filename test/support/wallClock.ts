import * as Effect from "effect/Effect"

/**
 * Runs an effect with a clock whose date a test can set, as an administrator or NTP sets the date of a machine. Timers
 * and spans follow the previous clock, so `TestClock` still drives them. `set` takes the shift in milliseconds.
 */
export const withWallClock = <A, E, R>(
  use: (set: (shiftMillis: number) => void) => Effect.Effect<A, E, R>,
): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock) => {
    let shift = 0
    const settable: typeof clock = Object.create(clock, {
      unsafeCurrentTimeMillis: { value: () => clock.unsafeCurrentTimeMillis() + shift },
      // TestClock derives these from its milliseconds.
      unsafeCurrentTimeNanos: { value: () => clock.unsafeCurrentTimeNanos() },
    })
    return Effect.withClock(
      use((shiftMillis) => {
        shift = shiftMillis
      }),
      settable,
    )
  })
