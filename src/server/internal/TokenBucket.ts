/**
 * A token bucket. It gains `bytesPerSecond` bytes per second and holds at most the bytes of one second. All times are
 * readings of a monotonic clock.
 */
export class TokenBucket {
  readonly bytesPerSecond: number
  private left: number
  private at: number

  constructor(bytesPerSecond: number, nowMillis: number) {
    this.bytesPerSecond = bytesPerSecond
    this.left = bytesPerSecond
    this.at = nowMillis
  }

  /**
   * Takes bytes. It can take more than the bucket has, because received bytes cannot be sent back. The bucket then has
   * a debt to pay off.
   */
  take(bytes: number, nowMillis: number): void {
    this.fill(nowMillis)
    this.left -= bytes
  }

  /** The bytes that are left. A negative number is the debt. */
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
