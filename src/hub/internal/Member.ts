import type { ConnectionId, SlowConsumerPolicy } from "../../domain/index.ts"
import type { Cursor } from "../HubLog.ts"
import type { AttachOptions, HubMember, HubSink } from "../HubPort.ts"
import { systemBytes } from "./Patience.ts"

/** What a member asks of its hub. */
export interface MemberHub {
  readonly publishAs: (run: Uint8Array, member: Member) => boolean
  readonly lagOf: (member: Member) => number
  readonly drainedBy: (member: Member) => void
  readonly finishOf: (member: Member, done: () => void) => void
  readonly detach: (member: Member) => void
}

/** A sink in the hub, and what the hub knows of it. */
export class Member implements HubMember {
  /** Its own in its hub. */
  readonly number: number
  readonly sink: HubSink
  readonly connection: ConnectionId | undefined
  readonly budgetBytes: number
  readonly policy: SlowConsumerPolicy
  /** Its place: behind everything sealed, unless it lags. */
  readonly cursor: Cursor
  /** Until it is finished or detached. */
  receiving = true
  full = false
  /** Is being handed something now, so nothing else may come in between. */
  handing = false
  stalled = false
  /** Has made no progress for the pace limit, so nobody waits for it any more. */
  ignored = false
  /** Has stalled, and takes something, or was given no time for that yet. */
  weighs = false
  overBudget = false
  held = false
  /** Has published. */
  talks = false
  progress = 0
  /** When it last became full, as `Timing.elapsed` gives it. */
  fullAt = 0
  /** How long publishers wait for it before it is cut off, milliseconds, and what it had taken when that was reckoned. */
  patience = 0
  reckoned: number
  dropped = 0
  /** The segment before which it finishes. */
  finishAt: number | undefined
  private finishers: Array<() => void> | undefined
  private readonly hub: MemberHub

  /** A member that has everything before `cursor`. */
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
    this.reckoned = sink.progress() + systemBytes
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

  /** Calls back that it has finished, or that it never will get more. */
  callFinishers(): void {
    const { finishers } = this
    this.finishers = undefined
    for (const finisher of finishers ?? []) finisher()
  }
}
