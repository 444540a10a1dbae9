/** The middle of some values and how far they lie apart. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** The middle value; of an even number, the mean of the two in the middle. */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN
  return (lower + upper) / 2
}

/** Nothing where there are no values. */
export const spread = (values: ReadonlyArray<number>): Spread | undefined =>
  values.length === 0 ? undefined : { median: median(values), min: Math.min(...values), max: Math.max(...values) }

/** The list begun at another place, so that no contender is always the first or always behind the same one. */
export const rotate = <A>(values: ReadonlyArray<A>, by: number): ReadonlyArray<A> => {
  const from = values.length === 0 ? 0 : by % values.length
  return [...values.slice(from), ...values.slice(0, from)]
}
