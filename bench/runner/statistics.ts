/** The median of some values, and their range. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** The median. For an even number of values it is the mean of the two in the middle. */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN
  return (lower + upper) / 2
}

/** Median and range. Undefined if there are no values. */
export const spread = (values: ReadonlyArray<number>): Spread | undefined =>
  values.length === 0 ? undefined : { median: median(values), min: Math.min(...values), max: Math.max(...values) }

/** Rotates a list, so that no contender always runs first. */
export const rotate = <A>(values: ReadonlyArray<A>, by: number): ReadonlyArray<A> => {
  const from = values.length === 0 ? 0 : by % values.length
  return [...values.slice(from), ...values.slice(0, from)]
}
