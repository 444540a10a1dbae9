import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Timing } from "../../runtime/Timing.ts"
import type { ReconnectSettings } from "../ClientConfig.ts"

/** The delays before the attempts to reconnect: doubled with each failure in a row, capped, and jittered. */
export class Backoff {
  /** The number of the next attempt since the last stable connection, from 1. */
  attempt = 0
  /** How many attempts in a row have failed. A connection that was not stable is a failed attempt too. */
  failures = 0
  private readonly settings: ReconnectSettings
  private readonly timing: Pick<Timing, "elapsed">

  constructor(settings: ReconnectSettings, timing: Pick<Timing, "elapsed">) {
    this.settings = settings
    this.timing = timing
  }

  /**
   * Counts a lost connection. `connectedAt`: the time when it was made, by `Timing.elapsed`; `undefined` if connecting
   * failed.
   */
  onLost(connectedAt: number | undefined): void {
    const stableAfter = Duration.toMillis(this.settings.stableAfter)
    if (connectedAt !== undefined && this.timing.elapsed() - connectedAt >= stableAfter) {
      this.attempt = 0
      this.failures = 0
    } else this.failures++
    this.attempt++
  }

  isExhausted(): boolean {
    return this.failures >= this.settings.maxAttempts
  }

  /** The delay before the next attempt. */
  get delay(): Effect.Effect<Duration.Duration> {
    const { baseDelay, jitter, maxDelay } = this.settings
    return Effect.map(Random.next, (random) => {
      const full = Duration.toMillis(baseDelay) * 2 ** (this.attempt - 1)
      const capped = Math.min(full, Duration.toMillis(maxDelay))
      return Duration.millis(Math.round(capped * (1 - jitter * random)))
    })
  }
}
