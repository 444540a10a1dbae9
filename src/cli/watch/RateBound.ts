/** Bounds the number of items in each second. */
export class RateBound {
  private readonly perSecond: number
  private second = Number.NEGATIVE_INFINITY
  private taken = 0
  private dropped = 0

  constructor(perSecond: number) {
    this.perSecond = perSecond
  }

  /**
   * Takes an item at a time in milliseconds. Returns the number of items that were dropped since the last one that was
   * taken, or `undefined` if this item is dropped too.
   */
  take(at: number): number | undefined {
    const second = Math.floor(at / 1000)
    if (second !== this.second) {
      this.second = second
      this.taken = 0
    }
    if (this.taken === this.perSecond) {
      this.dropped++
      return undefined
    }
    this.taken++
    const { dropped } = this
    this.dropped = 0
    return dropped
  }
}
