import * as Duration from "effect/Duration"
import type { Timing } from "./Timing.ts"

/**
 * The state of an item's time. `runs`: the time counts. `stands`: the time is paused. `restarts`: the time starts again
 * from zero. `over`: the watch stops watching the item.
 */
export type Clock = "runs" | "stands" | "restarts" | "over"

/** The progress that a watch expects from each item, and the actions if the item makes no progress. */
export interface Rule<A> {
  /** Returns a number that changes whenever the item makes progress. */
  readonly mark: (item: A) => number
  readonly clock: (item: A) => Clock
  /**
   * The stages in their order. The time of a stage counts from the end of the previous stage. After the last stage, the
   * watch stops watching the item.
   */
  readonly stages: ReadonlyArray<Stage<A>>
}

/** A time without a change of the mark, and the action after it. */
interface Stage<A> {
  readonly after: Duration.Duration
  readonly onDue: (item: A) => void
}

interface Trace {
  mark: number
  /** The number of checks since the last change or the last stage. -1: the watch has not checked the item yet. */
  looks: number
  stage: number
}

// The number of checks within the shortest stage. The watch calls `onDue` between the time of the stage and 1.1 times
// this time.
const looks = 10

/**
 * Finds items that make no progress. The watch checks all items periodically, so an item needs no timer, and progress
 * costs nothing. The watch counts its checks instead of reading a clock, because a change of the clock or a stopped
 * process must not end connections.
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

  add(item: A): void {
    // The first check of a new item does not count, because a part of the current period has already passed.
    this.traces.set(item, { mark: this.rule.mark(item), looks: -1, stage: 0 })
    this.arm()
  }

  remove(item: A): void {
    this.traces.delete(item)
  }

  private arm(): void {
    if (this.isArmed) return
    this.isArmed = true
    this.timing.after(this.period, () => {
      this.isArmed = false
      for (const [item, trace] of this.traces) this.look(item, trace)
      if (this.traces.size > 0) this.arm()
    })
  }

  private look(item: A, trace: Trace): void {
    const clock = this.rule.clock(item)
    if (clock === "stands") return
    if (clock === "over") {
      this.traces.delete(item)
      return
    }
    const mark = this.rule.mark(item)
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
    if (trace.stage === this.rule.stages.length) this.traces.delete(item)
    due?.onDue(item)
  }
}
