import type { LogRow } from "../../../domain/assistant/Log.ts"

/** The maximum number of cached rows: a few screens. */
const most = 1200

/**
 * The rows in and near the view by place. A place is the number of the row, or with a filter the ordinal of the match.
 * For a row that the log has dropped, the cache has `null`, so that the page does not request the row again.
 */
export class RowCache {
  private readonly rows = new Map<number, LogRow | null>()
  /** Expired rows: the page shows them until it has read them again. */
  private readonly old = new Map<number, LogRow | null>()

  get(place: number): LogRow | null | undefined {
    const row = this.rows.get(place)
    return row === undefined ? this.old.get(place) : row
  }

  clear(): void {
    this.rows.clear()
    this.old.clear()
  }

  /** Marks all rows as missing, because their content has changed. {@link get} still returns them. */
  expire(): void {
    for (const [place, row] of this.rows) this.old.set(place, row)
    this.rows.clear()
  }

  /** Stores the answer to a request for `count` rows from `from`. */
  put(from: number, count: number, rows: ReadonlyArray<LogRow>, placeOf: (row: LogRow, index: number) => number): void {
    for (let place = from; place < from + count; place++) {
      this.rows.set(place, null)
      this.old.delete(place)
    }
    rows.forEach((row, index) => {
      this.rows.set(placeOf(row, index), row)
    })
    if (this.rows.size + this.old.size <= most) return
    const low = from - most / 3
    const high = from + count + most / 3
    for (const cached of [this.rows, this.old]) {
      for (const place of cached.keys()) if (place < low || place >= high) cached.delete(place)
    }
  }

  /** The range from the first to the last missing place; `undefined` if no place is missing. */
  missing(from: number, to: number): { readonly from: number; readonly to: number } | undefined {
    let first = from
    while (first < to && this.rows.has(first)) first++
    if (first === to) return undefined
    let last = to
    while (last > first && this.rows.has(last - 1)) last--
    return { from: first, to: last }
  }
}
