import * as Duration from "effect/Duration"
import type { ConnectionCore } from "../../connection/ConnectionCore.ts"
import { Hold } from "../../connection/ConnectionOwner.ts"
import type { Timing } from "../../runtime/Timing.ts"
import type { WireEnd, WireHandlers } from "../../transport/index.ts"
import { TokenBucket } from "./TokenBucket.ts"

/** The setting whose limit a connection or all connections together exceed. */
export type RateLimit = "maxRate" | "maxRateInAll"

/** Callbacks for throttled connections. */
export interface Throttling<A> {
  readonly onThrottled: (one: A, by: RateLimit, bytesPerSecond: number) => void
  readonly onUnthrottled: (one: A) => void
}

/** The limits, bytes per second. Infinity: unlimited. */
export interface Rates {
  readonly maxRate: number
  readonly maxRateInAll: number
}

const tick = Duration.millis(50)
// A connection whose reading was not stopped for this many ticks (one second) is no longer throttled, because a bucket
// holds the bytes of one second.
const calmTicks = 20

/**
 * Limits the rate of peers: the server stops reading from a peer, so that the peer's TCP window closes. One timer
 * resumes the connections in the order in which their reading was stopped, so that no peer starves under the total
 * limit.
 */
export class RateLimits<A extends { readonly core: ConnectionCore }> {
  private readonly timing: Timing
  private readonly maxRate: number
  private readonly all: TokenBucket | undefined
  private readonly told: Throttling<A>
  private readonly held = new Set<Meter<A>>()
  private readonly throttled = new Set<Meter<A>>()
  private isArmed = false

  constructor(timing: Timing, { maxRate, maxRateInAll }: Rates, told: Throttling<A>) {
    this.timing = timing
    this.maxRate = maxRate
    this.all = Number.isFinite(maxRateInAll) ? new TokenBucket(maxRateInAll, timing.elapsed()) : undefined
    this.told = told
  }

  /** The meter of a connection, between the connection and its wire. */
  meter(one: A): WireHandlers {
    const own = Number.isFinite(this.maxRate) ? new TokenBucket(this.maxRate, this.timing.elapsed()) : undefined
    return new Meter(one, own, this)
  }

  onTaken(meter: Meter<A>, bytes: number): void {
    const now = this.timing.elapsed()
    const { own } = meter
    own?.take(bytes, now)
    this.all?.take(bytes, now)
    if (own !== undefined && own.leftAt(now) <= 0) this.hold(meter, "maxRate", own)
    else if (this.all !== undefined && this.all.leftAt(now) <= 0) this.hold(meter, "maxRateInAll", this.all)
  }

  onGone(meter: Meter<A>): void {
    this.held.delete(meter)
    this.throttled.delete(meter)
  }

  private hold(meter: Meter<A>, by: RateLimit, { bytesPerSecond }: TokenBucket): void {
    // A connection whose reading is stopped can still deliver bytes of a read in progress. It keeps its place in the
    // queue.
    this.held.add(meter)
    meter.calm = 0
    meter.one.core.hold(by === "maxRate" ? Hold.ownRate : Hold.totalRate)
    if (!this.throttled.has(meter)) {
      this.throttled.add(meter)
      this.told.onThrottled(meter.one, by, bytesPerSecond)
    }
    this.arm()
  }

  private arm(): void {
    if (this.isArmed) return
    this.isArmed = true
    this.timing.after(tick, () => {
      this.isArmed = false
      this.release(this.timing.elapsed())
      this.calmDown()
      if (this.held.size > 0 || this.throttled.size > 0) this.arm()
    })
  }

  private release(now: number): void {
    let left = this.all?.leftAt(now) ?? Number.POSITIVE_INFINITY
    for (const meter of this.held) {
      if (left <= 0) return
      if (meter.own !== undefined && meter.own.leftAt(now) <= 0) continue
      // The next read will probably return about as many bytes as the last read.
      left -= meter.lastBytes
      this.held.delete(meter)
      meter.one.core.release(Hold.ownRate)
      meter.one.core.release(Hold.totalRate)
    }
  }

  private calmDown(): void {
    for (const meter of this.throttled) {
      if (this.held.has(meter) || ++meter.calm < calmTicks) continue
      this.throttled.delete(meter)
      this.told.onUnthrottled(meter.one)
    }
  }
}

/** Counts the bytes that one connection receives. */
class Meter<A extends { readonly core: ConnectionCore }> implements WireHandlers {
  readonly one: A
  readonly own: TokenBucket | undefined
  lastBytes = 0
  /** The number of ticks since reading from the connection was last stopped. */
  calm = 0
  private readonly limits: RateLimits<A>

  constructor(one: A, own: TokenBucket | undefined, limits: RateLimits<A>) {
    this.one = one
    this.own = own
    this.limits = limits
  }

  onData(bytes: Uint8Array): void {
    const { core } = this.one
    core.onData(bytes)
    // A closing connection drops the bytes that it reads, so they do not count.
    if (!core.takesInput()) return
    this.lastBytes = bytes.length
    this.limits.onTaken(this, bytes.length)
  }

  onEnd(): void {
    this.one.core.onEnd()
  }

  onDrain(): void {
    this.one.core.onDrain()
  }

  onClose(end: WireEnd): void {
    this.limits.onGone(this)
    this.one.core.onClose(end)
  }
}
