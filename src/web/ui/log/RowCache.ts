import type { LogRow } from "../../../domain/assistant/Log.ts"

/** The most rows that are remembered: a few screens. */
const most = 1200

/**
 * The rows around the visible ones, by their place: the number of the row, or with a filter the ordinal of the match. A
 * place whose row has gone is remembered as `null`, so that it is not asked for again.
 */
export class RowCache {
  private readonly rows = new Map<number, LogRow | null>()

  get(place: number): LogRow | null | undefined {
    return this.rows.get(place)
  }

  clear(): void {
    this.rows.clear()
  }

  /** Takes in the answer to a request for `count` rows from `from`. */
  put(from: number, count: number, rows: ReadonlyArray<LogRow>, placeOf: (row: LogRow, index: number) => number): void {
    for (let place = from; place < from + count; place++) this.rows.set(place, null)
    rows.forEach((row, index) => {
      this.rows.set(placeOf(row, index), row)
    })
    if (this.rows.size <= most) return
    const low = from - most / 3
    const high = from + count + most / 3
    for (const place of this.rows.keys()) if (place < low || place >= high) this.rows.delete(place)
  }

  /** The first and the last place of a range that are not known, as a range; none: all of them are known. */
  missing(from: number, to: number): { readonly from: number; readonly to: number } | undefined {
    let first = from
    while (first < to && this.rows.has(first)) first++
    if (first === to) return undefined
    let last = to
    while (last > first && this.rows.has(last - 1)) last--
    return { from: first, to: last }
  }
}
