import type * as Clock from "effect/Clock"

/** A token bucket of messages. It is full at first, and gains `messages` tokens per `perMillis`. */
export class MessageBucket {
  private readonly messages: number
  private readonly perMillis: number
  private readonly clock: Clock.Clock
  private left: number
  private at: number

  constructor(messages: number, perMillis: number, clock: Clock.Clock) {
    this.messages = messages
    this.perMillis = perMillis
    this.clock = clock
    this.left = messages
    this.at = this.elapsed()
  }

  /** The time until the bucket has a whole token, milliseconds. 0: it has one now. */
  missingMillis(): number {
    this.fill()
    return this.left >= 1 ? 0 : Math.ceil(((1 - this.left) * this.perMillis) / this.messages)
  }

  /** Takes a token for one message. Returns `false`, and takes nothing, if the bucket has no whole token. */
  take(): boolean {
    this.fill()
    if (this.left < 1) return false
    this.left--
    return true
  }

  private fill(): void {
    const now = this.elapsed()
    this.left = Math.min(this.messages, this.left + ((now - this.at) * this.messages) / this.perMillis)
    this.at = now
  }

  // The wall clock can be set, so the bucket uses the monotonic clock.
  private elapsed(): number {
    return Number(this.clock.unsafeCurrentTimeNanos()) / 1e6
  }
}
