import * as Duration from "effect/Duration"
import type { Timing } from "../../runtime/Timing.ts"
import type { Member } from "./Member.ts"

/**
 * The longest grace period, milliseconds. A kernel with megabytes of unread data acknowledges nothing until its program
 * has read a large part of them. At 25 MB/s this took up to 0.27 s.
 */
export const maxGraceMillis = 300

// A member that takes this many bytes earns the longest grace period.
const earningBytes = 8 * 1024 * 1024

// Grace periods are multiples of this number of milliseconds. A shorter grace period is not worth blocking every
// publisher.
const stepMillis = 50

interface GracePeriod {
  readonly since: number
  readonly millis: number
  readonly cancel: () => void
}

/**
 * The grace periods of members that have half their budget queued and have been reading. All publishers wait during a
 * grace period. So a short delay of a member's machine or network does not disconnect the member.
 *
 * A member earns the time by reading: 300 ms for each 8 MiB. So a member that never reads delays no publisher, and a
 * member that reads too slowly delays publishers for no longer than it has earned.
 */
export class GracePeriods {
  private readonly timing: Timing
  private readonly onExpired: () => void
  private readonly running = new Map<Member, GracePeriod>()

  /** `onExpired` is called when a grace period has run out and its member has not caught up. */
  constructor(timing: Timing, onExpired: () => void) {
    this.timing = timing
    this.onExpired = onExpired
  }

  /** The number of members in grace. */
  get size(): number {
    return this.running.size
  }

  has(member: Member): boolean {
    return this.running.has(member)
  }

  /** Starts a grace period, if the member has earned one. */
  start(member: Member): void {
    if (this.running.has(member)) return
    this.earn(member)
    const millis = Math.floor(member.graceLeftMillis / stepMillis) * stepMillis
    if (millis <= 0) return
    const cancel = this.timing.after(Duration.millis(millis), () => {
      this.end(member)
      this.onExpired()
    })
    this.running.set(member, { since: this.timing.elapsed(), millis, cancel })
  }

  /** Ends the grace period of a member that has caught up or left, or whose period has run out. */
  end(member: Member): void {
    const period = this.running.get(member)
    if (period === undefined) return
    period.cancel()
    this.running.delete(member)
    this.earn(member)
    // In a suspended process the timer fires late, so the member loses at most the length of its grace period.
    member.graceLeftMillis -= Math.min(period.millis, this.timing.elapsed() - period.since)
  }

  private earn(member: Member): void {
    const progress = member.sink.progress()
    if (progress <= member.creditedProgress) return
    const earned = ((progress - member.creditedProgress) / earningBytes) * maxGraceMillis
    member.graceLeftMillis = Math.min(maxGraceMillis, member.graceLeftMillis + earned)
    member.creditedProgress = progress
  }
}
