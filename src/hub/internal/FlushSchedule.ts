// What a wait between two flushes is at most, milliseconds.
const longestWait = 1

/**
 * When a hub flushes: at the end of the turn of the event loop in which something was published, after the poll phase,
 * when every socket that had something has been read (setImmediate, Node).
 *
 * While it is busy it waits longer, half as long as the last flush took: what publishers send meanwhile then goes in
 * the same writes. A hub that rests for longer than that between two flushes never waits.
 */
export class FlushSchedule {
  private readonly flush: () => void
  private readonly now: () => number
  private readonly atTurnEnd: (callback: () => void) => void
  private armed = false
  private endedAt = 0
  private tookMillis = 0

  constructor(
    flush: () => void,
    now: () => number = () => performance.now(),
    atTurnEnd: (callback: () => void) => void = setImmediate,
  ) {
    this.flush = flush
    this.now = now
    this.atTurnEnd = atTurnEnd
  }

  /** Something was published. `mayWait`: asked whether the flush is so costly, and has so little to do, that more is worth waiting for. */
  arm(mayWait: () => boolean): void {
    if (this.armed) return
    this.armed = true
    const { atTurnEnd } = this
    const flushOrWait = () => {
      if (mayWait() && this.now() - this.endedAt < Math.min(this.tookMillis / 2, longestWait)) {
        atTurnEnd(flushOrWait)
        return
      }
      this.armed = false
      this.flush()
    }
    atTurnEnd(flushOrWait)
  }

  /** Runs a flush and remembers how long it took. */
  timed(run: () => void): void {
    const begun = this.now()
    run()
    this.endedAt = this.now()
    this.tookMillis = this.endedAt - begun
  }
}
