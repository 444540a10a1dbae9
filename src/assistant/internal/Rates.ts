import type * as Assistant from "../../domain/assistant/index.ts"

// Ten minutes with one point per second.
const mostPoints = 600
const longestSampleSeconds = 2

/** The counters of a window. */
export interface Counters {
  readonly bytesIn: number
  readonly bytesOut: number
  readonly framesIn: number
  readonly framesOut: number
}

const names = ["bytesIn", "bytesOut", "framesIn", "framesOut"] as const

/**
 * The rate over a sample, per second. A sample of more than two seconds does not show the current rate, so its rate is
 * 0.
 */
export const rateOver = (seconds: number, moved: number): number =>
  seconds > longestSampleSeconds ? 0 : moved / seconds

/**
 * Rates of the last ten minutes. Counters are sampled once a second while a user interface watches. Each second without
 * a watcher gets the mean rate of that time.
 */
export class Rates {
  /** The rates of the last sample, bytes per second. */
  rateIn = 0
  rateOut = 0
  private last: Counters
  private lastAt: number
  private lastSecond: number
  private readonly points: Record<(typeof names)[number], Array<number>> = {
    bytesIn: [],
    bytesOut: [],
    framesIn: [],
    framesOut: [],
  }

  /** `elapsed` is the time of a monotonic clock in milliseconds; `now` is milliseconds since the epoch. */
  constructor(counters: Counters, elapsed: number, now: number) {
    this.last = counters
    this.lastAt = elapsed
    this.lastSecond = Math.floor(now / 1000)
  }

  /** The time since the last sample, milliseconds. */
  age(elapsed: number): number {
    return elapsed - this.lastAt
  }

  sample(counters: Counters, elapsed: number, now: number): void {
    const seconds = this.age(elapsed) / 1000
    if (seconds <= 0) return
    this.rateIn = rateOver(seconds, counters.bytesIn - this.last.bytesIn)
    this.rateOut = rateOver(seconds, counters.bytesOut - this.last.bytesOut)
    const second = Math.floor(now / 1000)
    const passed = second - this.lastSecond
    // If the clock was set back, no new second has passed, and the traffic counts for the last point.
    const spread = Math.max(1, passed)
    for (const name of names) {
      const points = this.points[name]
      const moved = (counters[name] - this.last[name]) / spread
      if (passed <= 0 && points.length > 0) points[points.length - 1] = (points[points.length - 1] as number) + moved
      else for (let count = 0; count < Math.min(spread, mostPoints); count++) points.push(moved)
      if (points.length > mostPoints) points.splice(0, points.length - mostPoints)
    }
    this.last = counters
    this.lastAt = elapsed
    this.lastSecond = second
  }

  get history(): Assistant.RateHistory {
    return {
      start: this.lastSecond - this.points.bytesIn.length,
      bytesIn: [...this.points.bytesIn],
      bytesOut: [...this.points.bytesOut],
      framesIn: [...this.points.framesIn],
      framesOut: [...this.points.framesOut],
    }
  }
}
