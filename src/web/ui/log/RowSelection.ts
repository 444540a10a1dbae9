/** The places that are selected. `active` is the last one that was moved to. */
export interface Selection {
  readonly from: number
  readonly to: number
  readonly active: number
}

/** Which rows of a log are selected: those from an anchor to the active one. */
export class RowSelection {
  private anchor: number | undefined
  private place: number | undefined

  /** The place that was moved to last. */
  get active(): number | undefined {
    return this.place
  }

  /** The places as a range; none where nothing is selected. */
  get range(): Selection | undefined {
    if (this.place === undefined) return undefined
    const anchor = this.anchor ?? this.place
    return { from: Math.min(anchor, this.place), to: Math.max(anchor, this.place) + 1, active: this.place }
  }

  has(place: number): boolean {
    const { range } = this
    return range !== undefined && place >= range.from && place < range.to
  }

  /** Whether a place is all that is selected. */
  isOnly(place: number): boolean {
    return place === this.place && this.anchor === place
  }

  /** Selects one place. */
  set(place: number): void {
    this.anchor = place
    this.place = place
  }

  /** Selects all from the anchor to a place. */
  extendTo(place: number): void {
    this.anchor ??= this.place ?? place
    this.place = place
  }

  clear(): void {
    this.anchor = undefined
    this.place = undefined
  }
}
