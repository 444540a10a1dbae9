import * as Duration from "effect/Duration"
import type { Timing } from "../../src/runtime/Timing.ts"

/** Timers that a test fires. */
export class FakeTiming implements Timing {
  private time = 0
  private timers: Array<{ readonly at: number; readonly callback: () => void }> = []

  /** The shift of the wall clock. */
  set = 0

  readonly now = (): number => this.time + this.set
  readonly elapsed = (): number => this.time

  readonly after = (delay: Duration.Duration, callback: () => void): (() => void) => {
    const timer = { at: this.time + Duration.toMillis(delay), callback }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((other) => other !== timer)
    }
  }

  get armed(): number {
    return this.timers.length
  }

  /** Acts as a process that stands still: timers due in this time fire afterwards, late. */
  standStill(millis: number): void {
    this.time += millis
    const due = this.timers.filter((timer) => timer.at <= this.time).sort((a, b) => a.at - b.at)
    this.timers = this.timers.filter((timer) => !due.includes(timer))
    for (const { callback } of due) callback()
  }

  advance(millis: number): void {
    const until = this.time + millis
    for (;;) {
      const due = this.timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.timers = this.timers.filter((timer) => timer !== due)
      this.time = due.at
      due.callback()
    }
    this.time = until
  }
}
