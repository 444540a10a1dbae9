import * as Duration from "effect/Duration"
import type { Timing } from "../../runtime/Timing.ts"

/** What is watched: how much it has received, and whether it may receive now. */
export interface Watched {
  readonly bytesIn: () => number
  /** Held back, its peer cannot send: that is no idleness of the peer's. */
  readonly isHeld: () => boolean
}

// Looked at so often within the timeout: who is idle is found between one timeout and 1.1 of it.
const looks = 10

/**
 * Finds peers that send nothing. Nothing is done when something arrives, and there is no timer for each: all are looked
 * at now and then.
 */
export class IdleWatch<A extends Watched> {
  private readonly timing: Timing
  private readonly timeoutMillis: number
  private readonly onIdle: (idle: A) => void
  private readonly heard = new Map<A, { bytes: number; at: number }>()
  private isArmed = false
  private now = 0

  constructor(timing: Timing, timeout: Duration.Duration, onIdle: (idle: A) => void) {
    this.timing = timing
    this.timeoutMillis = Duration.toMillis(timeout)
    this.onIdle = onIdle
  }

  add(one: A): void {
    // In looks, not in dates: a clock that is set must not end connections. From the next one on, as this one is over.
    this.heard.set(one, { bytes: one.bytesIn(), at: this.now + 1 })
    this.arm()
  }

  remove(one: A): void {
    this.heard.delete(one)
  }

  private arm(): void {
    if (this.isArmed) return
    this.isArmed = true
    this.timing.after(Duration.millis(this.timeoutMillis / looks), () => {
      this.isArmed = false
      this.look()
      if (this.heard.size > 0) this.arm()
    })
  }

  private look(): void {
    this.now++
    for (const [one, last] of this.heard) {
      const bytes = one.bytesIn()
      if (bytes !== last.bytes || one.isHeld()) {
        last.bytes = bytes
        last.at = this.now
      } else if (this.now - last.at >= looks) {
        this.heard.delete(one)
        this.onIdle(one)
      }
    }
  }
}
