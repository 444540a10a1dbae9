import type { ConnectionId, SlowConsumerPolicy } from "../../domain/index.ts"
import type { Cursor } from "../HubLog.ts"
import type { AttachOptions, HubMember, HubSink } from "../HubPort.ts"
import type { Backlog } from "./Backlog.ts"

// The states of a member that receives, and the reaction of the hub to each. The lag is the number of bytes that are queued
// for the member, in the log and in its sink. All states except the first can apply together.
//
// | state        | condition                                            | reaction
// |--------------|------------------------------------------------------|------------------------------------------------
// | caught up    | the sink has taken everything                        | `HubCore` delivers new runs at each flush.
// | full         | the sink has not taken everything (`full`)           | `HubCore` keeps the cursor, and delivers the rest
// |              |                                                      | when the sink calls `drained`.
// | stalled      | full, and the lag has reached a quarter of the       | `Budgets` calls `onStalled`. `Pace` blocks
// |              | budget (`stalled`)                                   | publishers while more than half of the members
// |              |                                                      | are stalled and still read (`slow`).
// | in grace     | half the budget is queued, the policy is             | `GracePeriods` has its timer. `Pace` blocks all
// |              | `disconnect`, and the member has earned time         | publishers until it has caught up or time is up.
// | over budget  | the lag is above the budget                          | `Budgets` applies the policy: it disconnects the
// |              |                                                      | member, drops its oldest frames, or has `Pace`
// |              |                                                      | block publishers (`overBudget`).
// | unresponsive | no progress for the pace limit while publishers are  | `Pace` blocks no publisher for it any more.
// |              | blocked (`unresponsive`)                             |

// The bytes that a kernel buffers for a peer that does not read (tcp_wmem and a first window, tcp(7)). They earn no
// grace.
const kernelBufferBytes = 5 * 1024 * 1024

/** The functions of a hub that its members use. */
export interface MemberHub {
  readonly publishAs: (run: Uint8Array, member: Member) => boolean
  readonly lagOf: (member: Member) => number
  readonly flush: () => void
  readonly drainedBy: (member: Member) => void
  readonly finishOf: (member: Member, done: () => void) => void
  readonly detach: (member: Member) => void
}

/** A sink in the hub, with its state. */
export class Member implements HubMember {
  /** Unique in its hub. */
  readonly number: number
  readonly sink: HubSink
  readonly connection: ConnectionId | undefined
  readonly budgetBytes: number
  readonly policy: SlowConsumerPolicy
  /** The next run to deliver. When the member is caught up, this is the end of the log. */
  readonly cursor: Cursor
  /** Whether the member is neither finished nor detached. */
  receiving = true
  full = false
  /** Whether a delivery is in progress. A nested delivery would break the order. */
  delivering = false
  stalled = false
  unresponsive = false
  /**
   * Whether the member is stalled and still reads: it has made progress since it became full, or it became full less
   * than 300 ms ago.
   */
  slow = false
  overBudget = false
  /** Whether the member must not publish now. */
  blocked = false
  /** Whether the member has ever published. */
  publishes = false
  progress = 0
  /** The time when the member last became full, by `Timing.elapsed`. */
  fullAt = 0
  /** The grace period that the member has earned and not used, milliseconds. */
  graceLeftMillis = 0
  /** The progress for which the member has already earned grace. */
  creditedProgress: number
  dropped = 0
  /** The rest of the history that the member gets before everything else. */
  backlog: Backlog | undefined
  /** Whether the member counts as full only because nothing was delivered to it since it has joined. */
  isStarting = false
  /**
   * The subscription of a finishing member ends before the segment with this number; `undefined` while the member is
   * not finishing.
   */
  finishAt: number | undefined
  private finishers: Array<() => void> | undefined
  private readonly hub: MemberHub

  /** A member that needs nothing before `cursor`. */
  constructor(
    hub: MemberHub,
    number: number,
    sink: HubSink,
    cursor: Cursor,
    options: AttachOptions,
    defaults: Required<Pick<AttachOptions, "budgetBytes" | "slowConsumer">>,
  ) {
    this.hub = hub
    this.number = number
    this.sink = sink
    this.creditedProgress = sink.progress() + kernelBufferBytes
    this.cursor = cursor
    this.connection = options.connection
    this.budgetBytes = options.budgetBytes ?? defaults.budgetBytes
    this.policy = options.slowConsumer ?? defaults.slowConsumer
  }

  publish(run: Uint8Array): boolean {
    return this.hub.publishAs(run, this)
  }

  pending(): number {
    return this.hub.lagOf(this)
  }

  drained(): void {
    this.hub.drainedBy(this)
  }

  flush(): void {
    this.hub.flush()
  }

  finish(done: () => void): void {
    this.hub.finishOf(this, done)
  }

  detach(): void {
    this.hub.detach(this)
  }

  addFinisher(done: () => void): void {
    this.finishers ??= []
    this.finishers.push(done)
  }

  /** Calls the callbacks of `finish`: the member has finished, or gets nothing more. */
  callFinishers(): void {
    const { finishers } = this
    this.finishers = undefined
    for (const finisher of finishers ?? []) finisher()
  }
}
