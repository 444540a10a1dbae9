import type * as Metric from "effect/Metric"
import { adderOf, type Labels } from "./labels.ts"

/**
 * The part of a metric's value that comes from one server, client or hub. It adds only its changes to the metric, so
 * the figures of several servers with the same labels add up.
 */
export class Figure {
  private value: number
  private readonly add: (change: number) => void

  constructor(add: (change: number) => void, initial: number = 0) {
    this.value = initial
    this.add = add
  }

  /** Makes a figure of a gauge. */
  static gauge(metric: Metric.Metric.Gauge<number>, labels: Labels): Figure {
    metric.unsafeModify(0, labels)
    return new Figure((change) => metric.unsafeModify(change, labels))
  }

  /** Makes a figure of a counter. The counter counts only the part above `initial`. */
  static counter(metric: Metric.Metric.Counter<number>, labels: Labels, initial: number = 0): Figure {
    return new Figure(adderOf(metric, labels), initial)
  }

  set(value: number): void {
    const change = value - this.value
    this.value = value
    if (change !== 0) this.add(change)
  }

  change(by: number): void {
    this.set(this.value + by)
  }
}
