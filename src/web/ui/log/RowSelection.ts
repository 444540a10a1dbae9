/** The selected places. `active` is the place of the cursor. */
export interface Selection {
  readonly from: number
  readonly to: number
  readonly active: number
}

/** The selected rows of a log: the rows from an anchor to the active row. */
export class RowSelection {
  private anchor: number | undefined
  private place: number | undefined

  /** The place of the cursor. */
  get active(): number | undefined {
    return this.place
  }

  /** The selected range; `undefined` without a selection. */
  get range(): Selection | undefined {
    if (this.place === undefined) return undefined
    const anchor = this.anchor ?? this.place
    return { from: Math.min(anchor, this.place), to: Math.max(anchor, this.place) + 1, active: this.place }
  }

  has(place: number): boolean {
    const { range } = this
    return range !== undefined && place >= range.from && place < range.to
  }

  /** Whether a place is the whole selection. */
  isOnly(place: number): boolean {
    return place === this.place && this.anchor === place
  }

  /** Selects one place. */
  set(place: number): void {
    this.anchor = place
    this.place = place
  }

  /** Selects the rows from the anchor to a place. */
  extendTo(place: number): void {
    this.anchor ??= this.place ?? place
    this.place = place
  }

  clear(): void {
    this.anchor = undefined
    this.place = undefined
  }
}
