import * as Duration from "effect/Duration"
import type { CloseReason } from "../../domain/index.ts"
import type { Timing } from "../../runtime/Timing.ts"

/** Somebody for whom bytes wait. */
export interface Pending {
  readonly pendingInAll: () => number
  readonly abort: (reason: CloseReason) => void
}

const period = Duration.millis(100)

/**
 * Bounds what waits for all together. It is added up now and then, not counted along; where it is too much, those go
 * for whom most waits, until the rest is within the limit.
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

  add(one: A): void {
    this.open.add(one)
    this.arm()
  }

  remove(one: A): void {
    this.open.delete(one)
  }

  private arm(): void {
    if (this.isArmed) return
    this.isArmed = true
    this.timing.after(period, () => {
      this.isArmed = false
      this.look()
      if (this.open.size > 0) this.arm()
    })
  }

  private look(): void {
    let total = 0
    for (const one of this.open) total += one.pendingInAll()
    if (total <= this.limitBytes) return
    const most = [...this.open]
      .map((one) => ({ one, pendingBytes: one.pendingInAll() }))
      .sort((a, b) => b.pendingBytes - a.pendingBytes)
    for (const { one, pendingBytes } of most) {
      if (total <= this.limitBytes) return
      this.open.delete(one)
      one.abort({ _tag: "PendingLimit", pendingBytes, totalBytes: total, limitBytes: this.limitBytes })
      total -= pendingBytes
    }
  }
}
