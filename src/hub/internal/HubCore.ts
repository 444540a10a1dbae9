import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { SlowConsumerPolicy } from "../../domain/index.ts"
import { Registry } from "../../runtime/Registry.ts"
import { Tap } from "../../runtime/Tap.ts"
import type { Timing } from "../../runtime/Timing.ts"
import type { HistoryWindow } from "../HistoryWindow.ts"
import { type Cursor, HubLog, type HubLogOptions } from "../HubLog.ts"
import type { AttachOptions, HubMember, HubPort, HubSink } from "../HubPort.ts"
import type { HubObserver } from "../HubService.ts"
import { backlogOf, deliverBacklog } from "./Backlog.ts"
import { Budgets } from "./Budgets.ts"
import { deliverNext, deliverSome, type MemberLog } from "./delivery.ts"
import { FlushSchedule } from "./FlushSchedule.ts"
import { Member, type MemberHub } from "./Member.ts"
import { Pace } from "./Pace.ts"

// This file is longer than 300 lines because publishing, flushing and blocking share the log and the list of members.

// A sink that catches up gets this many bytes before the hub checks again whether the sink is full.
const catchUpBytes = 256 * 1024

// If publishers publish more than this many bytes in one turn of the event loop, the hub delivers them in parts of this
// size. After each part, the hub knows which members are full and blocks publishers.
const turnBytes = 256 * 1024

// Joining runs into one segment costs a copy into memory that the kernel may have to map. Separate runs cost a fraction
// of a microsecond for each run and member. At about this many bytes for each run and member, both cost the same.
const apartBytes = 1024

// A flush costs a system call for each member. If a hub has at least `largeRoom` members and fewer than `fullTurnBytes`
// bytes to deliver, waiting for more bytes is cheaper.
const largeRoom = 32
const fullTurnBytes = 32 * 1024

/** The hub as callbacks. It appends at each publish, and flushes at the end of each turn of the event loop. */
export class HubCore implements HubPort, MemberHub {
  private readonly options: HubCoreOptions
  private readonly log: MemberLog
  private readonly members = new Registry<number, Member>()
  private lastNumber = 0
  private readonly pace: Pace
  private readonly budgets: Budgets
  private readonly schedule: FlushSchedule
  /** The bytes that {@link attach} has sealed since the last flush. The next flush delivers them. */
  private sealedBytes = 0
  private flushing = false
  private closed = false
  /** The observers, made at the first one. */
  private tap: Tap<HubObserver> | undefined

  constructor(options: HubCoreOptions) {
    this.options = options
    this.log = new HubLog(options.log)
    this.pace = new Pace(options.timing, options.paceLimit, this)
    this.budgets = new Budgets(this.log, this.pace, options.countFrames, this)
    this.schedule = new FlushSchedule(this)
  }

  stats() {
    const { log, members, pace } = this
    return { subscribers: members.size, lagging: pace.lagging.size, retainedBytes: log.retainedBytes() }
  }

  observe(observer: HubObserver): Effect.Effect<void, never, Scope.Scope> {
    const tap = this.tap === undefined ? Tap.make<HubObserver>() : Effect.succeed(this.tap)
    return Effect.flatMap(tap, (made) => {
      this.tap ??= made
      return this.tap.observe(observer)
    })
  }

  attach(sink: HubSink, options: AttachOptions = {}): HubMember {
    // The new member does not get runs that were published before, so its cursor is behind them. A flush here would
    // bypass the schedule, which lets the bytes of several turns share a flush when the hub is busy.
    if (!this.flushing) this.sealedBytes += this.log.openBytes()
    this.log.seal(this.isWorthApart())
    const member = new Member(this, ++this.lastNumber, sink, this.log.end(), options, this.options)
    if (this.closed) {
      member.receiving = false
      sink.onHubEnded?.()
    } else {
      this.members.set(member.number, member)
      this.pace.addReceiver()
      if (options.history === true) this.replay(member)
    }
    return member
  }

  /**
   * Gives a new member the history. The history and the log are updated together, so the log continues exactly where the
   * history ends. The member counts as full until this turn ends, because its sink may not be ready within `attach`.
   */
  private replay(member: Member): void {
    const backlog = backlogOf(this.options.history?.runs(member.budgetBytes / 4) ?? [])
    if (backlog === undefined) return
    member.backlog = backlog
    member.isStarting = true
    this.becomeFull(member)
    queueMicrotask(() => {
      if (member.isStarting) member.drained()
    })
  }

  publish(run: Uint8Array): boolean {
    this.append(run, undefined)
    return !this.pace.mustWait(undefined)
  }

  get unblocked(): Effect.Effect<void> {
    return this.pace.unblocked
  }

  /** Whether a flush is expensive and has few bytes to deliver. */
  mayWait(): boolean {
    return this.isLarge() && this.undelivered() < fullTurnBytes
  }

  /** Delivers the runs of this turn. The schedule calls it at the end of the turn. */
  flush(): void {
    // A sink can publish while a flush delivers to it. The flush in progress delivers the segment that is sealed here.
    const isNew = this.log.seal(this.isWorthApart()) !== undefined || this.sealedBytes > 0
    if (!isNew || this.flushing) return
    this.sealedBytes = 0
    if (this.tap?.wantsFlushes === true) this.deliverObserved(this.tap)
    else if (this.isLarge()) this.schedule.timed(() => this.deliverToAll())
    else this.deliverToAll()
    this.pace.blockPublishers()
    this.trim()
    this.log.keepNew()
    this.compact()
  }

  private deliverObserved(tap: Tap<HubObserver>): void {
    const millis = this.schedule.timed(() => this.deliverToAll())
    tap.tell((observer) => observer.onFlush?.(millis))
  }

  private deliverToAll(): void {
    this.flushing = true
    const deliver = (member: Member): void => this.guarded(member, deliverTo)
    try {
      let end: number
      do {
        end = this.log.end().segment
        this.members.forEach(deliver)
      } while (this.log.end().segment > end)
    } finally {
      this.flushing = false
    }
  }

  /** The number of bytes that were published since the last flush. */
  private undelivered(): number {
    return this.sealedBytes + this.log.openBytes()
  }

  private isWorthApart(): boolean {
    const { apartBytes: least = apartBytes } = this.options
    return this.log.openBytes() >= this.log.openRuns() * this.members.size * least
  }

  private isLarge(): boolean {
    return this.members.size >= largeRoom
  }

  /**
   * Ends the hub: streams get everything published so far and end, connections are detached, and publishers are
   * unblocked.
   */
  close(): void {
    if (this.closed) return
    this.flush()
    this.closed = true
    for (const member of this.members) this.guarded(member, leave)
    // Detached members get no `onUnblocked`, so all are unblocked first.
    for (const member of this.members) this.detach(member)
    this.trim()
  }

  deliverTo(member: Member): void {
    if (member.finishAt !== undefined) return
    if (!member.full) this.catchUp(member)
    if (member.full) this.budgets.check(member)
  }

  leave(member: Member): void {
    const { sink } = member
    if (sink.onHubEnded === undefined) this.stopReceiving(member)
    else {
      this.finishOf(member, () => {
        if (this.members.has(member.number)) sink.onHubEnded?.()
      })
    }
  }

  // Sinks and framings can be user code. An exception detaches its member and affects no other member.
  private guarded(member: Member, step: (core: HubCore, member: Member) => void): void {
    try {
      step(this, member)
    } catch (error) {
      this.fail(member, error)
    }
  }

  fail(member: Member, error: unknown): void {
    this.detach(member)
    member.sink.onFailed(error)
    member.callFinishers()
  }

  private compact(): void {
    if (!this.log.isFragmented()) return
    const cursors: Array<Cursor> = []
    for (const member of this.members) {
      // A delivery further up the stack uses segment numbers, which joining would change. A later flush joins the
      // segments.
      if (member.delivering) return
      cursors.push(member.cursor)
    }
    this.log.compact(cursors)
  }

  publishAs(run: Uint8Array, member: Member): boolean {
    if (this.members.has(member.number)) this.pace.addPublisher(member)
    this.append(run, member)
    if (!this.pace.mustWait(member) || !this.members.has(member.number)) return true
    this.pace.block(member)
    return false
  }

  private append(run: Uint8Array, publisher: Member | undefined): void {
    if (run.length === 0 || this.closed) return
    this.log.append(run, publisher)
    this.options.history?.add(run)
    if (this.undelivered() >= turnBytes) this.flush()
    this.schedule.arm()
  }

  // --- delivery

  /** Delivers the runs after the member's cursor, until the sink is full. */
  private catchUp(member: Member): void {
    if (member.delivering) return
    member.delivering = true
    while (member.backlog !== undefined && member.receiving && !member.full && member.finishAt === undefined) {
      if (!deliverBacklog(member, member.backlog, catchUpBytes) && member.receiving) this.becomeFull(member)
    }
    while (member.receiving && !member.full && member.finishAt === undefined) {
      const segment = this.log.at(member.cursor)
      if (segment === undefined) break
      const ready = this.log.isNewest(segment)
        ? deliverNext(member, segment)
        : deliverSome(this.log, member, catchUpBytes, Number.POSITIVE_INFINITY)
      if (!ready && member.receiving) this.becomeFull(member)
    }
    member.delivering = false
    if (member.finishAt !== undefined) this.deliverRest(member)
  }

  private becomeFull(member: Member): void {
    member.full = true
    this.pace.startLagging(member)
  }

  drained(member: Member): void {
    if (!member.full || member.delivering) return
    const oldest = member.cursor.segment
    const { isStarting } = member
    this.pace.setUnresponsive(member, false)
    member.isStarting = false
    member.full = false
    this.catchUp(member)
    // The lag of other members has become smaller. The lag of this one has begun: its history can be a quarter of its budget.
    if (member.full && isStarting) this.budgets.check(member)
    if (member.full) this.budgets.update(member)
    else if (this.members.has(member.number)) this.caughtUp(member)
    this.trim(oldest)
  }

  lagOf(member: Member): number {
    // Runs that no flush has delivered yet are no lag, because the next flush can deliver them.
    const isAwaitingFlush = !member.full && this.sealedBytes > 0
    return this.members.has(member.number) && !isAwaitingFlush ? this.budgets.lagOf(member) : member.sink.pending()
  }

  drainedBy(member: Member): void {
    this.guarded(member, drained)
  }

  private caughtUp(member: Member): void {
    // The report comes before publishers are unblocked, because they can publish in the callback and stall the member
    // again.
    if (member.stalled) {
      member.stalled = false
      member.sink.onRecovered()
    }
    if (!member.full) this.pace.endLagging(member)
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
    if (!member.delivering) this.guarded(member, deliverRest)
  }

  // A finishing member gets the whole rest at once, even if its sink is full. Otherwise the log would keep the rest,
  // and everything published after it, until a slow peer has read the rest.
  deliverRest(member: Member): void {
    if (member.receiving) {
      const oldest = member.cursor.segment
      member.delivering = true
      member.isStarting = false
      if (member.backlog !== undefined) deliverBacklog(member, member.backlog, Number.POSITIVE_INFINITY)
      const ready = deliverSome(this.log, member, Number.POSITIVE_INFINITY, member.finishAt ?? 0)
      member.delivering = false
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
    this.pace.removeReceiver(member)
    this.budgets.update(member)
  }

  detach(member: Member): void {
    if (!this.members.delete(member.number)) return
    member.full = false
    this.pace.removePublisher(member)
    this.stopReceiving(member)
    this.trim(member.cursor.segment)
  }

  /**
   * Frees the segments that no member needs. `oldest` is the segment that a member no longer needs. If the log has
   * older segments, nothing can be freed.
   */
  private trim(oldest = this.log.begin()): void {
    // Before and during a flush, the members that the flush has not reached yet need the newest segments, but are not in
    // `lagging`.
    if (this.flushing || this.sealedBytes > 0 || this.log.isEmpty() || oldest > this.log.begin()) return
    let keep = this.log.end().segment
    for (const member of this.pace.lagging) {
      if (member.cursor.segment < keep) keep = member.cursor.segment
    }
    this.log.trimTo(keep)
  }
}

// These are functions of the module, because a function in each hub would cost 64 bytes, and a program can have
// thousands of hubs.
const deliverTo = (core: HubCore, member: Member): void => core.deliverTo(member)
const leave = (core: HubCore, member: Member): void => core.leave(member)
const drained = (core: HubCore, member: Member): void => core.drained(member)
const deliverRest = (core: HubCore, member: Member): void => core.deliverRest(member)

/** Options of a hub. */
export interface HubCoreOptions {
  readonly timing: Timing
  readonly countFrames: (run: Uint8Array) => number
  readonly budgetBytes: number
  readonly slowConsumer: SlowConsumerPolicy
  readonly paceLimit: Duration.Duration
  readonly log?: HubLogOptions
  /** The frames for late joiners. Default none. */
  readonly history?: HistoryWindow
  /**
   * The runs of a turn stay separate segments if their mean size is at least this many bytes for each member. Default
   * {@link apartBytes}.
   */
  readonly apartBytes?: number
}
