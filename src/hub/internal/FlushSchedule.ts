// What a wait between two flushes is at most, milliseconds.
const longestWait = 1

// Flushes without a rest before them that make a hub a busy one. What has piled up behind a late turn is gone with fewer.
const restless = 8

/**
 * When a hub flushes: at the end of the turn of the event loop in which something was published, after the poll phase,
 * when every socket that had something has been read (setImmediate, Node).
 *
 * While it is busy it waits longer, half as long as the last flush took: what publishers send meanwhile then goes in
 * the same writes. A hub is busy when for some flushes on end it has not rested that long between two of them, so one
 * that keeps up never waits.
 */
export class FlushSchedule {
  private readonly flush: () => void
  private readonly mayWait: () => boolean
  private readonly now: () => number
  private readonly atTurnEnd: (callback: () => void) => void
  private armed = false
  private waiting = false
  private withoutRest = 0
  private endedAt = 0
  private tookMillis = 0

  /** `mayWait`: whether the flush is so costly, and has so little to do, that more is worth waiting for. */
  constructor(
    flush: () => void,
    mayWait: () => boolean,
    now: () => number = () => performance.now(),
    atTurnEnd: (callback: () => void) => void = setImmediate,
  ) {
    this.flush = flush
    this.mayWait = mayWait
    this.now = now
    this.atTurnEnd = atTurnEnd
  }

  /** Something was published. */
  arm(): void {
    if (this.armed) return
    this.armed = true
    const { atTurnEnd } = this
    atTurnEnd(this.flushOrWait)
  }

  /** Runs a flush and remembers how long it took. */
  timed(run: () => void): void {
    const begun = this.now()
    run()
    this.endedAt = this.now()
    this.tookMillis = this.endedAt - begun
  }

  private readonly flushOrWait = (): void => {
    const isBusy = this.isBusy()
    if (isBusy && this.mayWait()) {
      this.waiting = true
      const { atTurnEnd } = this
      atTurnEnd(this.flushOrWait)
      return
    }
    this.waiting = false
    this.armed = false
    this.flush()
  }

  private isBusy(): boolean {
    const rest = Math.min(this.tookMillis / 2, longestWait)
    if (rest > 0 && this.now() - this.endedAt < rest) {
      if (!this.waiting) this.withoutRest++
      return this.withoutRest >= restless
    }
    // What it has waited itself is no rest.
    if (!this.waiting) this.withoutRest = 0
    return false
  }
}
