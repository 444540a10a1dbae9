import * as Duration from "effect/Duration"
import type { Timing } from "./Timing.ts"

/** Whether time counts against one now: it does, it does not, it begins anew, or it never will again. */
export type Clock = "runs" | "stands" | "restarts" | "over"

/** What is awaited of each, and what follows when it does not come. */
export interface Rule<A> {
  /** Changes whenever what is awaited happens. */
  readonly mark: (one: A) => number
  readonly clock: (one: A) => Clock
  /** One after the other, each counted from the one before. After the last, nothing is awaited any more. */
  readonly stages: ReadonlyArray<Stage<A>>
}

/** How long nothing has happened, and what is done then. */
export interface Stage<A> {
  readonly after: Duration.Duration
  readonly onDue: (one: A) => void
}

interface Trace {
  mark: number
  /** Since the last change, or the last stage. */
  looks: number
  stage: number
}

// Looked at so often within the shortest stage: each is found between its time and 1.1 of it.
const looks = 10

/**
 * Finds those with whom something awaited does not happen. Nothing is done when it does, and there is no timer for each:
 * all are looked at now and then. Time is counted in looks, not in dates: a clock that is set, or a process that stood
 * still, must not end connections.
 */
export class Watch<A> {
  private readonly timing: Timing
  private readonly rule: Rule<A>
  private readonly period: Duration.Duration
  private readonly looksOf: ReadonlyArray<number>
  private readonly traces = new Map<A, Trace>()
  private isArmed = false

  constructor(timing: Timing, rule: Rule<A>) {
    this.timing = timing
    this.rule = rule
    const times = rule.stages.map(({ after }) => Duration.toMillis(after))
    const periodMillis = Math.min(...times) / looks
    this.period = Duration.millis(periodMillis)
    this.looksOf = times.map((millis) => Math.ceil(millis / periodMillis))
  }

  add(one: A): void {
    // The period under way is over before it was a whole one.
    this.traces.set(one, { mark: this.rule.mark(one), looks: -1, stage: 0 })
    this.arm()
  }

  remove(one: A): void {
    this.traces.delete(one)
  }

  private arm(): void {
    if (this.isArmed) return
    this.isArmed = true
    this.timing.after(this.period, () => {
      this.isArmed = false
      for (const [one, trace] of this.traces) this.look(one, trace)
      if (this.traces.size > 0) this.arm()
    })
  }

  private look(one: A, trace: Trace): void {
    const clock = this.rule.clock(one)
    if (clock === "stands") return
    if (clock === "over") {
      this.traces.delete(one)
      return
    }
    const mark = this.rule.mark(one)
    if (clock === "restarts" || mark !== trace.mark) {
      trace.mark = mark
      trace.looks = 0
      trace.stage = 0
      return
    }
    trace.looks++
    if (trace.looks < (this.looksOf[trace.stage] ?? 0)) return
    const due = this.rule.stages[trace.stage]
    trace.looks = 0
    trace.stage++
    if (trace.stage === this.rule.stages.length) this.traces.delete(one)
    due?.onDue(one)
  }
}
