/** Buckets for each power of two: none is wider than 1/256 of its values. */
const perPower = 256
const perPowerBits = Math.log2(perPower)
const powers = 47

const bucketOf = (value: number): number => {
  if (value < perPower) return Math.max(0, Math.floor(value))
  const power = Math.floor(Math.log2(value)) - perPowerBits
  // The logarithm may be rounded up to the next power, just below it.
  const shift = value < perPower * 2 ** power ? power - 1 : power
  return Math.min((shift + 1) * perPower + Math.floor(value / 2 ** shift) - perPower, perPower * powers - 1)
}

const middleOf = (bucket: number): number => {
  if (bucket < perPower) return bucket
  const shift = Math.floor(bucket / perPower) - 1
  return ((bucket % perPower) + perPower + 0.5) * 2 ** shift
}

export interface Latency {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** How long things took, in buckets that grow with the value. */
export class Histogram {
  private readonly buckets = new Float64Array(perPower * powers)
  /** Times that were recorded. */
  count = 0
  private greatest = 0

  record(millis: number): void {
    const nanos = Math.max(0, millis * 1e6)
    const bucket = bucketOf(nanos)
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1
    this.count++
    if (nanos > this.greatest) this.greatest = nanos
  }

  /** In microseconds, to a tenth. */
  percentiles(): Latency {
    const at = (share: number) => tenths(this.percentile(share))
    return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: tenths(this.greatest) }
  }

  private percentile(share: number): number {
    let rank = Math.floor(share * this.count)
    for (let bucket = 0; bucket < this.buckets.length; bucket++) {
      rank -= this.buckets[bucket] ?? 0
      if (rank < 0) return Math.min(middleOf(bucket), this.greatest)
    }
    return this.greatest
  }
}

const tenths = (nanos: number): number => Math.round(nanos / 100) / 10
