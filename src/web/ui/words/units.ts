const sizes = [3_600_000, 60_000, 1000, 1] as const

/** A time in the largest of the units (hour, minute, second, millisecond) of which it is a whole number: `90 s`. */
export const inUnits = (millis: number, names: readonly [string, string, string, string]): string => {
  const at = sizes.findIndex((size) => millis % size === 0)
  return at === -1 ? `${millis} ${names[3]}` : `${millis / (sizes[at] ?? 1)} ${names[at]}`
}
