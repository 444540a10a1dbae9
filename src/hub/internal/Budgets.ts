import { type MemberLog, passOver } from "./delivery.ts"
import type { Member } from "./Member.ts"
import type { Pace } from "./Pace.ts"

/** What members may lag behind, and what is done about those who do: told as stalled, and beyond their budgets cut off. */
export class Budgets {
  private readonly log: MemberLog
  private readonly pace: Pace
  private readonly countFrames: (run: Uint8Array) => number
  private readonly detach: (member: Member) => void

  constructor(log: MemberLog, pace: Pace, countFrames: (run: Uint8Array) => number, detach: (member: Member) => void) {
    this.log = log
    this.pace = pace
    this.countFrames = countFrames
    this.detach = detach
  }

  /** Looks at a full member, after more has come for it. */
  check(member: Member): void {
    const lag = this.lagOf(member)
    if (!member.stalled && lag >= member.budgetBytes / 4) {
      member.stalled = true
      member.sink.onStalled(lag)
      // It may have left, or taken everything.
      if (!member.full) return
    }
    if (member.stalled) this.pace.weigh(member)
    if (lag >= member.budgetBytes / 2 && member.policy === "disconnect") this.pace.endanger(member)
    if (lag <= member.budgetBytes || !member.receiving) return
    switch (member.policy) {
      case "disconnect":
        this.detach(member)
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

  /** Looks whether publishers have to wait for a member, after it has taken or finished something. */
  update(member: Member): void {
    const over = member.policy === "block" && member.receiving && member.full && this.lagOf(member) > member.budgetBytes
    this.pace.setOverBudget(member, over)
  }

  /** What waits for a member, in the log and in its sink. */
  lagOf(member: Member): number {
    return this.log.bytesBehind(member.cursor) + member.sink.pending()
  }

  private dropOldest(member: Member, lag: number): void {
    const missed = passOver(this.log, member, lag - member.budgetBytes, this.countFrames)
    if (missed === 0) return
    member.dropped += missed
    member.sink.onDropped(missed, member.dropped)
  }
}
