/** Writes one JSON line. */
export const say = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** A number with so many decimals at most. */
export const rounded = (value: number, decimals: number): number =>
  Number.isFinite(value) ? Number(value.toFixed(decimals)) : 0
