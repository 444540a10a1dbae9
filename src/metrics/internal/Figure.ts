import type * as Metric from "effect/Metric"
import { adderOf, type Labels } from "./labels.ts"

/**
 * A figure in a metric. Only its changes are added to the metric. So the figures of several servers with the same labels
 * add up.
 */
export class Figure {
  private value: number
  private readonly add: (change: number) => void

  constructor(add: (change: number) => void, initial: number = 0) {
    this.value = initial
    this.add = add
  }

  /** A figure in a gauge. */
  static gauge(metric: Metric.Metric.Gauge<number>, labels: Labels): Figure {
    metric.unsafeModify(0, labels)
    return new Figure((change) => metric.unsafeModify(change, labels))
  }

  /** A total in a counter, which counts from `initial` on. */
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
