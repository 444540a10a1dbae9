import * as Duration from "effect/Duration"
import type { Timing } from "../../runtime/Timing.ts"
import type { Member } from "./Member.ts"

/**
 * How long publishers wait at once for one that may still be reading, milliseconds. A reader whose system has megabytes
 * for it shows nothing of what it takes until a good part of them is gone: 0.27 s of that were seen at 25 MB/s.
 */
export const waitMillis = 300

// With how much that it takes a member earns that time.
const earnBytes = 8 * 1024 * 1024

// What a system takes for a peer that does not read (tcp_wmem and a first window, tcp(7)); it earns nothing.
export const systemBytes = 5 * 1024 * 1024

// Waits are of so many milliseconds or a multiple; whoever has earned less is not worth stopping everybody.
const stepMillis = 50

interface Wait {
  readonly since: number
  /** Milliseconds. */
  readonly most: number
  readonly cancel: () => void
}

/**
 * Members half a budget behind that have been reading: publishers wait for each of them a moment before it is cut off,
 * so that one that its machine or its network held up survives. That time it earns by what it takes, 300 ms with each
 * 8 MiB. So one that never read costs nobody anything, and one that reads too slowly no more than it has earned.
 */
export class Patience {
  private readonly timing: Timing
  private readonly onOver: () => void
  private readonly awaited = new Map<Member, Wait>()

  /** `onOver`: one is no longer waited for, though it has not caught up. */
  constructor(timing: Timing, onOver: () => void) {
    this.timing = timing
    this.onOver = onOver
  }

  /** How many are waited for. */
  get size(): number {
    return this.awaited.size
  }

  has(member: Member): boolean {
    return this.awaited.has(member)
  }

  /** A member is half a budget behind. */
  consider(member: Member): void {
    if (this.awaited.has(member)) return
    this.earn(member)
    const most = Math.floor(member.patience / stepMillis) * stepMillis
    if (most <= 0) return
    const cancel = this.timing.after(Duration.millis(most), () => {
      this.settle(member)
      this.onOver()
    })
    this.awaited.set(member, { since: this.timing.elapsed(), most, cancel })
  }

  /** A member has caught up, or has left, or was waited for long enough. */
  settle(member: Member): void {
    const wait = this.awaited.get(member)
    if (wait === undefined) return
    wait.cancel()
    this.awaited.delete(member)
    this.earn(member)
    // A process that stood still has not waited longer than it would have.
    member.patience -= Math.min(wait.most, this.timing.elapsed() - wait.since)
  }

  private earn(member: Member): void {
    const progress = member.sink.progress()
    if (progress <= member.reckoned) return
    member.patience = Math.min(waitMillis, member.patience + ((progress - member.reckoned) / earnBytes) * waitMillis)
    member.reckoned = progress
  }
}
