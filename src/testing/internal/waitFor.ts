import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Waiters } from "../../runtime/Waiters.ts"

/** Options of the functions that wait in a test. */
export interface WaitOptions {
  /**
   * The timeout of each wait, measured by the clock of the machine and not by `TestClock`. So a wait for something that
   * never happens fails with a reason and does not hang. Default: the environment variable `TCPFX_TESTING_WITHIN`, such
   * as `30 seconds`, for machines that are slow. Without the variable 4 seconds, less than the timeout of most test
   * runners.
   */
  readonly within?: Duration.DurationInput
}

const standard = Config.withDefault(Config.duration("TCPFX_TESTING_WITHIN"), Duration.seconds(4))

/** Returns the timeout of each wait. */
export const deadlineOf = ({ within }: WaitOptions): Effect.Effect<Duration.Duration> =>
  within === undefined ? Effect.orDie(standard) : Effect.sync(() => Duration.decode(within))

const machineClock = Clock.make()

/**
 * Waits until `look` returns a value other than `undefined`. Calls `look` now and after each wake. Fails at the
 * deadline.
 */
export const waitFor = <A, E>(
  waiters: Waiters,
  look: () => A | undefined,
  within: Duration.Duration,
  onTimeout: () => E,
): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    let found = look()
    if (found !== undefined) return Effect.succeed(found)
    const isFound = () => {
      found = look()
      return found !== undefined
    }
    return waiters.until(isFound).pipe(
      Effect.map(() => found as A),
      Effect.timeoutFail({ duration: within, onTimeout }),
      Effect.withClock(machineClock),
    )
  })
