import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { SlowConsumerPolicy } from "../../domain/index.ts"
import { Registry } from "../../runtime/Registry.ts"
import type { Timing } from "../../runtime/Timing.ts"
import { type Cursor, HubLog, type HubLogOptions } from "../HubLog.ts"
import type { AttachOptions, HubMember, HubPort, HubSink } from "../HubPort.ts"
import { Budgets } from "./Budgets.ts"
import { deliverNext, deliverSome, type MemberLog } from "./delivery.ts"
import { FlushSchedule } from "./FlushSchedule.ts"
import { Member, type MemberHub } from "./Member.ts"
import { Pace } from "./Pace.ts"

// What is handed to a sink that catches up before it is asked again whether it is full.
const catchUpBytes = 256 * 1024

// A turn that brings more is handed over in parts, so that who cannot take it is known before the next part comes.
const turnBytes = 256 * 1024

// Joining runs costs a copy, and memory for it that may have to be mapped anew each time; handing over each as it is, a
// fraction of a microsecond for each member. With about so many bytes for each of them it is the same.
const apartBytes = 1024

// A flush costs a system call for each member: with so many, and so little to hand over, it is worth waiting for more.
const largeRoom = 32
const fullTurnBytes = 32 * 1024

/** The hub itself, in callbacks: one append for a publish, one flush for a turn of the event loop. */
export class HubCore implements HubPort, MemberHub {
  private readonly options: HubCoreOptions
  private readonly log: MemberLog
  private readonly members = new Registry<number, Member>()
  private lastNumber = 0
  private readonly pace: Pace
  private readonly budgets: Budgets
  private readonly schedule = new FlushSchedule(
    () => this.flush(),
    () => this.isLarge() && this.log.openBytes() < fullTurnBytes,
  )
  private flushing = false
  private closed = false

  constructor(options: HubCoreOptions) {
    this.options = options
    this.log = new HubLog(options.log)
    this.pace = new Pace(options.timing, options.paceLimit, (member, error) => this.fail(member, error))
    this.budgets = new Budgets(this.log, this.pace, options.countFrames, (member) => this.detach(member))
  }

  stats() {
    const { log, members, pace } = this
    return { subscribers: members.size, lagging: pace.lagging.size, retainedBytes: log.retainedBytes() }
  }

  attach(sink: HubSink, options: AttachOptions = {}): HubMember {
    // What was published before this moment is not for the newcomer.
    this.flush()
    const member = new Member(this, ++this.lastNumber, sink, this.log.end(), options, this.options)
    if (this.closed) {
      member.receiving = false
      sink.onHubEnded?.()
    } else {
      this.members.set(member.number, member)
      this.pace.join()
    }
    return member
  }

  /** Publishes from outside, to everybody. `false`: the publisher shall wait for {@link released}. */
  publish(run: Uint8Array): boolean {
    this.append(run, undefined)
    return !this.pace.mustWait(undefined)
  }

  /** Waits until a publisher from outside may go on. */
  get released(): Effect.Effect<void> {
    return this.pace.released
  }

  /** Hands over what was published in this turn. It happens by itself at the turn's end. */
  flush(): void {
    // Called from a sink while it is handed something, it only seals: the flush under way hands over that too.
    if (this.log.seal(this.isWorthApart()) === undefined || this.flushing) return
    if (this.isLarge()) this.schedule.timed(this.handToAll)
    else this.handToAll()
    this.pace.holdTalkers()
    this.trim()
    this.log.keepNew()
    this.compact()
  }

  private readonly handToAll = (): void => {
    this.flushing = true
    try {
      let end: number
      do {
        end = this.log.end().segment
        this.members.forEach(this.attendGuarded)
      } while (this.log.end().segment > end)
    } finally {
      this.flushing = false
    }
  }

  private isWorthApart(): boolean {
    const { apartBytes: least = apartBytes } = this.options
    return this.log.openBytes() >= this.log.openRuns() * this.members.size * least
  }

  private isLarge(): boolean {
    return this.members.size >= largeRoom
  }

  /** The end: streams get all the rest and end, connections are detached, and nobody waits any more. */
  close(): void {
    if (this.closed) return
    this.flush()
    this.closed = true
    for (const member of this.members) this.guarded(member, this.leave)
    // Only now, as one that is detached is not told any more that it is released.
    for (const member of this.members) this.detach(member)
    this.trim()
  }

  private readonly attendGuarded = (member: Member): void => this.guarded(member, this.attend)

  private readonly attend = (member: Member): void => {
    if (member.finishAt !== undefined) return
    if (!member.full) this.handOver(member)
    if (member.full) this.budgets.check(member)
  }

  private readonly leave = (member: Member): void => {
    const { sink } = member
    if (sink.onHubEnded === undefined) this.stopReceiving(member)
    else {
      this.finishOf(member, () => {
        if (this.members.has(member.number)) sink.onHubEnded?.()
      })
    }
  }

  // Sinks and framings are other people's code. What they throw ends their part in the hub, and nothing else.
  private guarded(member: Member, step: (member: Member) => void): void {
    try {
      step(member)
    } catch (error) {
      this.fail(member, error)
    }
  }

  private fail(member: Member, error: unknown): void {
    this.detach(member)
    member.sink.onFailed(error)
    member.callFinishers()
  }

  private compact(): void {
    if (!this.log.isFragmented()) return
    const cursors: Array<Cursor> = []
    for (const member of this.members) {
      // Its hand-over, further up the stack, remembers numbers of segments. A later flush finds as much to join.
      if (member.handing) return
      cursors.push(member.cursor)
    }
    this.log.compact(cursors)
  }

  publishAs(run: Uint8Array, member: Member): boolean {
    if (this.members.has(member.number)) this.pace.talk(member)
    this.append(run, member)
    if (!this.pace.mustWait(member) || !this.members.has(member.number)) return true
    this.pace.hold(member)
    return false
  }

  private append(run: Uint8Array, publisher: Member | undefined): void {
    if (run.length === 0 || this.closed) return
    this.log.append(run, publisher)
    if (this.log.openBytes() >= turnBytes) this.flush()
    this.schedule.arm()
  }

  // --- delivery

  /** Hands over what it has not got, until it is full. */
  private handOver(member: Member): void {
    if (member.handing) return
    member.handing = true
    while (member.receiving && !member.full && member.finishAt === undefined) {
      const segment = this.log.at(member.cursor)
      if (segment === undefined) break
      const ready = this.log.isNewest(segment)
        ? deliverNext(member, segment)
        : deliverSome(this.log, member, catchUpBytes, Number.POSITIVE_INFINITY)
      if (!ready && member.receiving) this.becomeFull(member)
    }
    member.handing = false
    if (member.finishAt !== undefined) this.handRest(member)
  }

  private becomeFull(member: Member): void {
    member.full = true
    this.pace.lag(member)
  }

  private readonly drained = (member: Member): void => {
    if (!member.full || member.handing) return
    const oldest = member.cursor.segment
    this.pace.setIgnored(member, false)
    member.full = false
    this.handOver(member)
    if (member.full) this.budgets.update(member)
    else if (this.members.has(member.number)) this.caughtUp(member)
    this.trim(oldest)
  }

  lagOf(member: Member): number {
    return this.members.has(member.number) ? this.budgets.lagOf(member) : member.sink.pending()
  }

  drainedBy(member: Member): void {
    this.guarded(member, this.drained)
  }

  private caughtUp(member: Member): void {
    // Told before publishers are released, who may publish at once and stall it again.
    if (member.stalled) {
      member.stalled = false
      member.sink.onRecovered()
    }
    if (!member.full) this.pace.caughtUp(member)
    this.budgets.update(member)
  }

  finishOf(member: Member, done: () => void): void {
    this.flush()
    if (!member.receiving) {
      done()
      return
    }
    member.addFinisher(done)
    member.finishAt ??= this.log.end().segment
    if (!member.handing) this.guarded(member, this.handRest)
  }

  // A member that ends gets all the rest at once, full or not. Left in the log, the rest would hold back everything
  // published after it, for as long as a slow peer takes.
  private readonly handRest = (member: Member): void => {
    if (member.receiving) {
      const oldest = member.cursor.segment
      member.handing = true
      const ready = deliverSome(this.log, member, Number.POSITIVE_INFINITY, member.finishAt ?? 0)
      member.handing = false
      this.stopReceiving(member)
      member.full = !ready && this.members.has(member.number)
      if (!member.full) this.caughtUp(member)
      this.trim(oldest)
    }
    member.callFinishers()
  }

  private stopReceiving(member: Member): void {
    if (!member.receiving) return
    member.receiving = false
    this.pace.leave(member)
    this.budgets.update(member)
  }

  detach(member: Member): void {
    if (!this.members.delete(member.number)) return
    member.full = false
    this.pace.forget(member)
    this.stopReceiving(member)
    this.trim(member.cursor.segment)
  }

  /** `oldest`: the place that somebody has left. Only if the log begins there can anything be let go. */
  private trim(oldest = this.log.begin()): void {
    // Within a flush, those who are not reached yet need the newest segments without lagging.
    if (this.flushing || this.log.isEmpty() || oldest > this.log.begin()) return
    let keep = this.log.end().segment
    for (const member of this.pace.lagging) {
      if (member.cursor.segment < keep) keep = member.cursor.segment
    }
    this.log.trimTo(keep)
  }
}

/** What a hub is made of. */
export interface HubCoreOptions {
  readonly timing: Timing
  readonly countFrames: (run: Uint8Array) => number
  readonly budgetBytes: number
  readonly slowConsumer: SlowConsumerPolicy
  readonly paceLimit: Duration.Duration
  readonly log?: HubLogOptions
  /** Runs of a turn stay apart from so many bytes for each run and member on; default {@link apartBytes}. */
  readonly apartBytes?: number
}
