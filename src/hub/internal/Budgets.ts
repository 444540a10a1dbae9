import { dropBacklog } from "./Backlog.ts"
import { type MemberLog, passOver } from "./delivery.ts"
import type { Member, MemberHub } from "./Member.ts"
import type { Pace } from "./Pace.ts"

/** The budgets of members: reports stalled members, and applies the policy of members that are over budget. */
export class Budgets {
  private readonly log: MemberLog
  private readonly pace: Pace
  private readonly countFrames: (run: Uint8Array) => number
  private readonly hub: Pick<MemberHub, "detach">

  constructor(log: MemberLog, pace: Pace, countFrames: (run: Uint8Array) => number, hub: Pick<MemberHub, "detach">) {
    this.log = log
    this.pace = pace
    this.countFrames = countFrames
    this.hub = hub
  }

  /** Checks a full member after something was published. */
  check(member: Member): void {
    const lag = this.lagOf(member)
    if (!member.stalled && lag >= member.budgetBytes / 4) {
      member.stalled = true
      member.sink.onStalled(lag)
      // The callback may have detached the member, or drained its sink.
      if (!member.full) return
    }
    if (member.stalled) this.pace.updateSlow(member)
    if (lag >= member.budgetBytes / 2 && member.policy === "disconnect") this.pace.startGrace(member)
    if (lag <= member.budgetBytes || !member.receiving) return
    switch (member.policy) {
      case "disconnect":
        this.hub.detach(member)
        member.sink.onOverflow(lag, member.budgetBytes)
        break
      case "drop-oldest":
        this.dropOldest(member, lag)
        break
      case "block":
        this.update(member)
        break
    }
  }

  /** Updates whether publishers must wait for a member with the policy `block`. */
  update(member: Member): void {
    const over = member.policy === "block" && member.receiving && member.full && this.lagOf(member) > member.budgetBytes
    this.pace.setOverBudget(member, over)
  }

  /** The number of bytes queued for a member, in the log and in its sink. */
  lagOf(member: Member): number {
    const { cursor, sink } = member
    const logged = this.log.bytesBehind(cursor) + (member.backlog?.bytes ?? 0)
    return sink.pendingWith === undefined ? logged + sink.pending() : sink.pendingWith(logged)
  }

  private dropOldest(member: Member, lag: number): void {
    const excess = lag - member.budgetBytes
    const fromBacklog = dropBacklog(member, excess, this.countFrames)
    const missed = fromBacklog.frames + passOver(this.log, member, excess - fromBacklog.bytes, this.countFrames)
    if (missed === 0) return
    member.dropped += missed
    member.sink.onDropped(missed, member.dropped)
  }
}
