// The maximum wait between two flushes, milliseconds.
const longestWait = 1

// A hub is busy after this many flushes in a row without a rest. The backlog after one late turn causes fewer flushes.
const restless = 8

/** The hub that a schedule flushes. */
export interface Flushed {
  readonly flush: () => void
  /** Whether a flush is expensive and has few bytes to deliver, so that a busy hub should wait for more. */
  readonly mayWait: () => boolean
}

const monotonic = (): number => performance.now()

/**
 * Decides when a hub flushes. A hub flushes at the end of the turn of the event loop in which something was published.
 * setImmediate (Node) runs after the poll phase, when every readable socket has been read.
 *
 * A busy hub first waits for half the duration of its last flush. Bytes that publishers send meanwhile then share the
 * same writes. A hub is busy when several flushes in a row began before it had rested for that time. A hub that keeps
 * up never waits.
 */
export class FlushSchedule {
  private readonly hub: Flushed
  private readonly now: () => number
  private readonly atTurnEnd: (callback: () => void) => void
  private armed = false
  private waiting = false
  private withoutRest = 0
  private endedAt = 0
  private tookMillis = 0

  constructor(hub: Flushed, now: () => number = monotonic, atTurnEnd: (callback: () => void) => void = setImmediate) {
    this.hub = hub
    this.now = now
    this.atTurnEnd = atTurnEnd
  }

  /** Schedules a flush. */
  arm(): void {
    if (this.armed) return
    this.armed = true
    const { atTurnEnd } = this
    atTurnEnd(this.flushOrWait)
  }

  /** Runs a flush and measures it. Returns its duration, milliseconds. */
  timed(run: () => void): number {
    const begun = this.now()
    run()
    this.endedAt = this.now()
    this.tookMillis = this.endedAt - begun
    return this.tookMillis
  }

  private readonly flushOrWait = (): void => {
    const isBusy = this.isBusy()
    if (isBusy && this.hub.mayWait()) {
      this.waiting = true
      const { atTurnEnd } = this
      atTurnEnd(this.flushOrWait)
      return
    }
    this.waiting = false
    this.armed = false
    this.hub.flush()
  }

  private isBusy(): boolean {
    const rest = Math.min(this.tookMillis / 2, longestWait)
    if (rest > 0 && this.now() - this.endedAt < rest) {
      if (!this.waiting) this.withoutRest++
      return this.withoutRest >= restless
    }
    // The schedule's own wait does not count as a rest.
    if (!this.waiting) this.withoutRest = 0
    return false
  }
}
