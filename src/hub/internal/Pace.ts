import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { Timing } from "../../runtime/Timing.ts"
import { Waiters } from "../../runtime/Waiters.ts"
import type { Member } from "./Member.ts"
import { Patience, waitMillis } from "./Patience.ts"

/**
 * When publishers wait. One is held back for a subscriber that asked for it (`block`); when all others are full, as
 * nobody loses anything then by waiting; and when more than half of the others have stalled and still take something,
 * before a room that cannot keep up is disconnected as a whole. So the pace is that of the middle of the room: a few
 * slow ones never hold up the rest, nor, for longer than a moment, do those who take nothing at all.
 */
export class Pace {
  /** Members that have not taken everything. */
  readonly lagging = new Set<Member>()
  private readonly timing: Timing
  private readonly limit: Duration.Duration
  private readonly onFailed: (member: Member, error: unknown) => void
  /** Members that have published. */
  private readonly talkers = new Set<Member>()
  private readonly held = new Set<Member>()
  private readonly outside = new Waiters()
  private readonly patience: Patience
  private receivers = 0
  private overBudget = 0
  /** Members that are no longer waited for. */
  private ignored = 0
  /** Members that have stalled and take something. */
  private weighing = 0
  private cancelCheck: (() => void) | undefined
  private cancelGrace: (() => void) | undefined

  constructor(timing: Timing, limit: Duration.Duration, onFailed: (member: Member, error: unknown) => void) {
    this.timing = timing
    this.limit = limit
    this.onFailed = onFailed
    this.patience = new Patience(timing, () => this.release())
  }

  /** Somebody receives from now on. It takes something, so nobody has to wait for the others to do so. */
  join(): void {
    this.receivers++
    this.release()
  }

  /** A member receives no more. */
  leave(member: Member): void {
    this.receivers--
    this.lagging.delete(member)
    this.patience.settle(member)
    this.setIgnored(member, false)
    this.weigh(member)
    this.release()
  }

  /** A member publishes no more. */
  forget(member: Member): void {
    this.held.delete(member)
    this.talkers.delete(member)
  }

  /** A member publishes. */
  talk(member: Member): void {
    if (member.talks) return
    member.talks = true
    this.talkers.add(member)
  }

  /** A member has become full. */
  lag(member: Member): void {
    // Full again while it catches up, it has made progress: that is for the pace limit to see.
    if (this.lagging.has(member)) return
    member.progress = member.sink.progress()
    member.fullAt = this.timing.elapsed()
    this.lagging.add(member)
  }

  /** A member has taken everything. */
  caughtUp(member: Member): void {
    this.lagging.delete(member)
    this.patience.settle(member)
    this.weigh(member)
    this.release()
  }

  /** A member has taken something, or has been given up. */
  setIgnored(member: Member, ignored: boolean): void {
    if (member.ignored === ignored) return
    member.ignored = ignored
    this.ignored += ignored ? 1 : -1
    this.weigh(member)
  }

  /** Looks again whether a member has stalled and takes something. */
  weigh(member: Member): void {
    const counts = member.stalled && !member.ignored && member.receiving && member.policy === "disconnect"
    const weighs =
      counts && (member.sink.progress() !== member.progress || this.timing.elapsed() - member.fullAt < waitMillis)
    if (weighs === member.weighs) return
    member.weighs = weighs
    this.weighing += weighs ? 1 : -1
  }

  /** A member is half its budget behind. */
  endanger(member: Member): void {
    if (member.receiving && !member.ignored) this.patience.consider(member)
  }

  /** A member with the policy `block` has gone beyond its budget, or come back. */
  setOverBudget(member: Member, over: boolean): void {
    if (over === member.overBudget) return
    member.overBudget = over
    this.overBudget += over ? 1 : -1
    if (!over) this.release()
  }

  /** Whether a publisher has to wait; none is a publisher from outside. */
  mustWait(publisher: Member | undefined): boolean {
    if (this.overBudget > (publisher?.overBudget === true ? 1 : 0)) return true
    if (this.lagging.size === 0) return false
    if (this.patience.size > (publisher !== undefined && this.patience.has(publisher) ? 1 : 0)) return true
    const others = this.receivers - (publisher?.receiving === true ? 1 : 0)
    const weighingOthers = this.weighing - (publisher?.weighs === true ? 1 : 0)
    const waitedFor = others - this.ignored + (publisher?.ignored === true ? 1 : 0)
    if (weighingOthers * 2 > waitedFor) return true
    const laggingOthers = this.lagging.size - (publisher !== undefined && this.lagging.has(publisher) ? 1 : 0)
    if (others === 0 || laggingOthers < others) return false
    for (const member of this.lagging) {
      if (member !== publisher && !member.ignored && member.policy !== "drop-oldest") return true
    }
    return false
  }

  /**
   * Holds back all who publish, if they have to wait. Each would learn it from its own next publish; by then hundreds of
   * them have brought another read each, which is more than a budget.
   */
  holdTalkers(): void {
    if (!this.mustWait(undefined)) return
    for (const member of this.talkers) {
      if (!member.held && this.mustWait(member)) this.hold(member)
    }
  }

  /** Holds a publisher back until it is released; it is told both. */
  hold(member: Member): void {
    if (member.held) return
    member.held = true
    this.held.add(member)
    this.armCheck()
    member.sink.onHeld()
  }

  /** Waits until a publisher from outside may go on. */
  get released(): Effect.Effect<void> {
    return this.outside.until(() => {
      if (!this.mustWait(undefined)) return true
      this.armCheck()
      return false
    })
  }

  private release(): void {
    for (const member of this.held) {
      if (this.mustWait(member)) continue
      this.held.delete(member)
      member.held = false
      try {
        member.sink.onReleased()
      } catch (error) {
        this.onFailed(member, error)
      }
    }
    if (!this.mustWait(undefined)) this.outside.wake()
    if (this.held.size === 0 && this.outside.isEmpty()) {
      this.cancelCheck?.()
      this.cancelCheck = undefined
      this.cancelGrace?.()
      this.cancelGrace = undefined
    }
  }

  private armGrace(): void {
    if (this.cancelGrace !== undefined || this.weighing === 0) return
    this.cancelGrace = this.timing.after(Duration.millis(waitMillis), () => {
      this.cancelGrace = undefined
      for (const member of this.lagging) this.weigh(member)
      this.release()
      if (this.held.size > 0 || !this.outside.isEmpty()) this.armGrace()
    })
  }

  private armCheck(): void {
    this.armGrace()
    if (this.cancelCheck !== undefined) return
    for (const member of this.lagging) member.progress = member.sink.progress()
    this.cancelCheck = this.timing.after(this.limit, () => {
      this.cancelCheck = undefined
      for (const member of this.lagging) this.setIgnored(member, member.sink.progress() === member.progress)
      this.release()
      if (this.held.size > 0 || !this.outside.isEmpty()) this.armCheck()
    })
  }
}
