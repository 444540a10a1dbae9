/** A count with its noun: "1 row", "2,940 rows". */
export const plural = (count: number, one: string, many: string): string =>
  count === 1 ? `1 ${one}` : `${count.toLocaleString("en")} ${many}`
