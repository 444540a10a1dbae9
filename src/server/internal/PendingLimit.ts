import * as Duration from "effect/Duration"
import type { CloseReason } from "../../domain/index.ts"
import type { Timing } from "../../runtime/Timing.ts"

/** A connection that can have queued bytes. */
export interface Pending {
  readonly pendingInAll: () => number
  readonly abort: (reason: CloseReason) => void
}

const period = Duration.millis(100)

/**
 * Bounds the queued bytes of all connections together. It adds them up ten times a second, because a count at each
 * write would make each write slower. Above the limit it resets the connections with the most queued bytes, until the
 * rest is within the limit.
 */
export class PendingLimit<A extends Pending> {
  private readonly timing: Timing
  private readonly limitBytes: number
  private readonly open = new Set<A>()
  private isArmed = false

  constructor(timing: Timing, limitBytes: number) {
    this.timing = timing
    this.limitBytes = limitBytes
  }

  add(connection: A): void {
    this.open.add(connection)
    this.arm()
  }

  remove(connection: A): void {
    this.open.delete(connection)
  }

  private arm(): void {
    if (this.isArmed) return
    this.isArmed = true
    this.timing.after(period, () => {
      this.isArmed = false
      this.check()
      if (this.open.size > 0) this.arm()
    })
  }

  private check(): void {
    let total = 0
    for (const connection of this.open) total += connection.pendingInAll()
    if (total <= this.limitBytes) return
    const most = [...this.open]
      .map((connection) => ({ connection, pendingBytes: connection.pendingInAll() }))
      .sort((a, b) => b.pendingBytes - a.pendingBytes)
    for (const { connection, pendingBytes } of most) {
      if (total <= this.limitBytes) return
      this.open.delete(connection)
      connection.abort({ _tag: "PendingLimit", pendingBytes, totalBytes: total, limitBytes: this.limitBytes })
      total -= pendingBytes
    }
  }
}
