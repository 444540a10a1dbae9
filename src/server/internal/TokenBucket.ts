/** Bytes that may be taken: so many a second, and those of one second at once. Times are of a monotonic clock. */
export class TokenBucket {
  readonly bytesPerSecond: number
  private left: number
  private at: number

  constructor(bytesPerSecond: number, nowMillis: number) {
    this.bytesPerSecond = bytesPerSecond
    this.left = bytesPerSecond
    this.at = nowMillis
  }

  /** Takes bytes, more than there are too: what came cannot be sent back, it is paid off before the next is taken. */
  take(bytes: number, nowMillis: number): void {
    this.fill(nowMillis)
    this.left -= bytes
  }

  /** What may be taken now; none or less: nothing. */
  leftAt(nowMillis: number): number {
    this.fill(nowMillis)
    return this.left
  }

  private fill(nowMillis: number): void {
    const gained = ((nowMillis - this.at) * this.bytesPerSecond) / 1000
    this.at = nowMillis
    this.left = Math.min(this.bytesPerSecond, this.left + gained)
  }
}
