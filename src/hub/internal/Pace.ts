import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import { LazySet } from "../../runtime/LazySet.ts"
import type { Timing } from "../../runtime/Timing.ts"
import { Waiters } from "../../runtime/Waiters.ts"
import { GracePeriods, maxGraceMillis } from "./GracePeriods.ts"
import type { Member } from "./Member.ts"

/** Ends the membership of a member whose sink has thrown. */
interface PacedHub {
  readonly fail: (member: Member, error: unknown) => void
}

/**
 * Decides when publishers are blocked. A publisher waits
 *
 * - while another member with the policy `block` is over its budget;
 * - while another member is in grace;
 * - while more than half of the others are slow (stalled, and still reading): otherwise a fast publisher would have all
 *   of them disconnected;
 * - while all others are full, and at least one of them is responsive and has another policy than `drop-oldest`: the
 *   wait delays no delivery, because no member can take anything.
 *
 * So publishers run at the pace of the median reader: a few slow members never block publishers, and members that read
 * nothing block them for a moment at most.
 *
 * `Hub.publish` has no member. Its callers are external publishers, which are `undefined` here.
 */
export class Pace {
  /** The members whose sinks have not taken everything. */
  readonly lagging = new LazySet<Member>()
  private readonly timing: Timing
  private readonly limit: Duration.Duration
  private readonly hub: PacedHub
  /** Members that have published. */
  private readonly publishers = new LazySet<Member>()
  private readonly blocked = new LazySet<Member>()
  private readonly externalPublishers = new Waiters()
  /** Made for the first member in grace. */
  private grace: GracePeriods | undefined
  private receiverCount = 0
  private overBudgetCount = 0
  private unresponsiveCount = 0
  private slowCount = 0
  private cancelPaceCheck: (() => void) | undefined
  private cancelSlowCheck: (() => void) | undefined

  constructor(timing: Timing, limit: Duration.Duration, hub: PacedHub) {
    this.timing = timing
    this.limit = limit
    this.hub = hub
  }

  /** A member joined. It can read, so publishers stop waiting for the others. */
  addReceiver(): void {
    this.receiverCount++
    this.unblock()
  }

  /** A member receives nothing more. */
  removeReceiver(member: Member): void {
    this.receiverCount--
    this.lagging.delete(member)
    this.grace?.end(member)
    this.setUnresponsive(member, false)
    this.updateSlow(member)
    this.unblock()
  }

  addPublisher(member: Member): void {
    if (member.publishes) return
    member.publishes = true
    this.publishers.add(member)
  }

  removePublisher(member: Member): void {
    this.blocked.delete(member)
    this.publishers.delete(member)
  }

  /** A member has become full. */
  startLagging(member: Member): void {
    // A member that becomes full again while it catches up keeps its first values, because the pace limit counts from
    // that time.
    if (this.lagging.has(member)) return
    member.progress = member.sink.progress()
    member.fullAt = this.timing.elapsed()
    this.lagging.add(member)
  }

  /** A member has taken everything. */
  endLagging(member: Member): void {
    this.lagging.delete(member)
    this.grace?.end(member)
    this.updateSlow(member)
    this.unblock()
  }

  setUnresponsive(member: Member, unresponsive: boolean): void {
    if (member.unresponsive === unresponsive) return
    member.unresponsive = unresponsive
    if (unresponsive) member.sink.onUnresponsive?.()
    this.unresponsiveCount += unresponsive ? 1 : -1
    this.updateSlow(member)
  }

  /** Updates whether a member is slow. */
  updateSlow(member: Member): void {
    const counts = member.stalled && !member.unresponsive && member.receiving && member.policy === "disconnect"
    const slow =
      counts && (member.sink.progress() !== member.progress || this.timing.elapsed() - member.fullAt < maxGraceMillis)
    if (slow === member.slow) return
    member.slow = slow
    this.slowCount += slow ? 1 : -1
  }

  /** Half the budget of a member is queued: its grace period starts, if it has earned one. */
  startGrace(member: Member): void {
    if (!member.receiving || member.unresponsive) return
    this.grace ??= new GracePeriods(this.timing, () => this.unblock())
    this.grace.start(member)
  }

  /** Sets whether a member with the policy `block` is over its budget. */
  setOverBudget(member: Member, over: boolean): void {
    if (over === member.overBudget) return
    member.overBudget = over
    this.overBudgetCount += over ? 1 : -1
    if (!over) this.unblock()
  }

  /** Whether a publisher has to wait. A publisher never waits for itself. */
  mustWait(publisher: Member | undefined): boolean {
    if (this.overBudgetCount > (publisher?.overBudget === true ? 1 : 0)) return true
    if (this.lagging.size === 0) return false
    const inGrace = this.grace?.size ?? 0
    if (inGrace > 0 && inGrace > (publisher !== undefined && this.grace?.has(publisher) === true ? 1 : 0)) return true
    const others = this.receiverCount - (publisher?.receiving === true ? 1 : 0)
    const slowOthers = this.slowCount - (publisher?.slow === true ? 1 : 0)
    const responsiveOthers = others - this.unresponsiveCount + (publisher?.unresponsive === true ? 1 : 0)
    if (slowOthers * 2 > responsiveOthers) return true
    const laggingOthers = this.lagging.size - (publisher !== undefined && this.lagging.has(publisher) ? 1 : 0)
    if (others === 0 || laggingOthers < others) return false
    for (const member of this.lagging) {
      if (member !== publisher && !member.unresponsive && member.policy !== "drop-oldest") return true
    }
    return false
  }

  /**
   * Blocks every member that publishes and has to wait. Without this call, each publisher would find out at its next
   * publish, after another read. With hundreds of publishers, these reads together exceed a budget.
   */
  blockPublishers(): void {
    if (!this.mustWait(undefined)) return
    for (const member of this.publishers) {
      if (!member.blocked && this.mustWait(member)) this.block(member)
    }
  }

  /** Blocks a publisher and reports this to its sink. The publisher stays blocked until `onUnblocked`. */
  block(member: Member): void {
    if (member.blocked) return
    member.blocked = true
    this.blocked.add(member)
    this.armPaceCheck()
    member.sink.onBlocked()
    if (!this.mustWait(member)) this.unblock()
  }

  /** Waits until an external publisher may publish. */
  get unblocked(): Effect.Effect<void> {
    return this.externalPublishers.until(() => {
      if (!this.mustWait(undefined)) return true
      this.armPaceCheck()
      if (this.mustWait(undefined)) return false
      this.unblock()
      return true
    })
  }

  /** Unblocks the publishers that need not wait any more. */
  private unblock(): void {
    for (const member of this.blocked) {
      if (this.mustWait(member)) continue
      this.blocked.delete(member)
      member.blocked = false
      try {
        member.sink.onUnblocked()
      } catch (error) {
        this.hub.fail(member, error)
      }
    }
    if (!this.mustWait(undefined)) this.externalPublishers.wake()
    if (!this.isAnyBlocked()) {
      this.cancelPaceCheck?.()
      this.cancelPaceCheck = undefined
      this.cancelSlowCheck?.()
      this.cancelSlowCheck = undefined
    }
  }

  private isAnyBlocked(): boolean {
    return this.blocked.size > 0 || !this.externalPublishers.isEmpty()
  }

  /** Checks every 300 ms which members still read, while publishers are blocked for slow members. */
  private armSlowCheck(): void {
    if (this.cancelSlowCheck !== undefined || this.slowCount === 0) return
    this.cancelSlowCheck = this.timing.after(Duration.millis(maxGraceMillis), () => {
      this.cancelSlowCheck = undefined
      for (const member of this.lagging) this.updateSlow(member)
      this.unblock()
      if (this.isAnyBlocked()) this.armSlowCheck()
    })
  }

  /**
   * While publishers are blocked, checks after each `paceLimit` which members have read nothing since the last check.
   */
  private armPaceCheck(): void {
    this.armSlowCheck()
    if (this.cancelPaceCheck !== undefined) return
    for (const member of this.lagging) {
      member.progress = member.sink.progress()
      if (member.sink.isUnresponsive?.() === true) this.setUnresponsive(member, true)
    }
    this.cancelPaceCheck = this.timing.after(this.limit, () => {
      this.cancelPaceCheck = undefined
      for (const member of this.lagging) this.setUnresponsive(member, member.sink.progress() === member.progress)
      this.unblock()
      if (this.isAnyBlocked()) this.armPaceCheck()
    })
  }
}
