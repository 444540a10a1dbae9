import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ConnectionId, SlowConsumerPolicy } from "../domain/index.ts"
import type { Timing } from "../runtime/Timing.ts"
import { type Cursor, eachForeign, HubLog, type Segment, startOfRun } from "./HubLog.ts"

/**
 * Where a subscriber's bytes go: a connection, or the queue of a stream. Synchronous; `false` from `deliver` or `uncork`
 * says that it is full, and obliges it to call `drained` on its member when it has taken everything.
 */
export interface HubSink {
  readonly deliver: (bytes: Uint8Array, publisher: ConnectionId | undefined) => boolean
  readonly cork: () => void
  readonly uncork: () => boolean
  /** Bytes handed over and not taken. */
  readonly pending: () => number
  /** Changes whenever bytes are taken. */
  readonly progress: () => number
  /** Whether it must know the publisher of what it gets: then each run comes on its own. */
  readonly needsPublisher: boolean
  /** It lagged beyond its budget under the policy `disconnect`. It is detached already. */
  readonly onOverflow: (pendingBytes: number, budgetBytes: number) => void
  /** Frames were passed over under `drop-oldest`: now, and in all. */
  readonly onDropped: (missed: number, total: number) => void
  /** A quarter of its budget waits; then: it has caught up. */
  readonly onStalled: (pendingBytes: number) => void
  readonly onRecovered: () => void
  /** As a publisher: publish no more until `onReleased`. What is published all the same is not lost. */
  readonly onHeld: () => void
  readonly onReleased: () => void
}

/** How a sink takes part. */
export interface AttachOptions {
  /** Whose frames these are, for those who need to know. */
  readonly connection?: ConnectionId
  readonly budgetBytes?: number
  readonly slowConsumer?: SlowConsumerPolicy
}

/** One subscriber's part in the hub; it publishes too, and never hears itself. */
export interface HubMember {
  /** Publishes a run of whole frames to all others. `false`: held back until `onReleased`. */
  readonly publish: (run: Uint8Array) => boolean
  /** The sink has taken everything. */
  readonly drained: () => void
  /** Nothing published from here on is for this member; calls back once all before it has been handed over. */
  readonly finish: (done: () => void) => void
  readonly detach: () => void
}

interface Member {
  readonly key: number
  readonly sink: HubSink
  readonly connection: ConnectionId | undefined
  readonly budgetBytes: number
  readonly policy: SlowConsumerPolicy
  /** Its place: behind everything sealed, unless it lags. */
  readonly cursor: Cursor
  /** Until it is finished or detached. */
  receiving: boolean
  full: boolean
  /** Is being handed something now, so nothing else may come in between. */
  handing: boolean
  stalled: boolean
  /** Has made no progress for the pace limit, so nobody waits for it any more. */
  ignored: boolean
  overBudget: boolean
  progress: number
  dropped: number
  held: boolean
  /** The segment before which it finishes. */
  finishAt: number | undefined
  finishers: Array<() => void>
}

const outsider = 0

// What is handed to a sink that catches up before it is asked again whether it is full.
const catchUpBytes = 256 * 1024

/** The hub itself, in callbacks: one append for a publish, one flush for a turn of the event loop. */
export class HubCore {
  private readonly options: HubCoreOptions
  private readonly log = new HubLog()
  private readonly members = new Map<number, Member>()
  private readonly lagging = new Set<Member>()
  private readonly heldMembers = new Set<Member>()
  private outsideWaiters: Array<() => void> = []
  private nextKey = 1
  private receivers = 0
  private armed = false
  private flushing = false
  private overBudget = 0
  private cancelPace: (() => void) | undefined

  constructor(options: HubCoreOptions) {
    this.options = options
  }

  stats() {
    return {
      subscribers: this.members.size,
      lagging: this.lagging.size,
      retainedBytes: this.log.retainedBytes(),
    }
  }

  attach(sink: HubSink, options: AttachOptions = {}): HubMember {
    // What was published before this moment is not for the newcomer.
    this.flush()
    const member: Member = {
      key: this.nextKey++,
      sink,
      connection: options.connection,
      budgetBytes: options.budgetBytes ?? this.options.budgetBytes,
      policy: options.slowConsumer ?? this.options.slowConsumer,
      cursor: this.log.end(),
      receiving: true,
      full: false,
      handing: false,
      stalled: false,
      ignored: false,
      overBudget: false,
      progress: 0,
      dropped: 0,
      held: false,
      finishAt: undefined,
      finishers: [],
    }
    this.members.set(member.key, member)
    this.receivers++
    // It takes something, so nobody has to wait for the others to do so.
    this.releaseHeld()
    return {
      publish: (run) => this.publishAs(run, member),
      drained: () => this.drained(member),
      finish: (done) => this.finish(member, done),
      detach: () => this.detach(member),
    }
  }

  /** Publishes from outside, to everybody. `false`: the publisher shall wait for {@link released}. */
  publish(run: Uint8Array): boolean {
    this.append(run, outsider)
    return !this.mustHold(undefined)
  }

  /** Waits until a publisher from outside may go on. */
  readonly released: Effect.Effect<void> = Effect.async<void>((resume) => {
    if (!this.mustHold(undefined)) return resume(Effect.void)
    const waiter = () => resume(Effect.void)
    this.outsideWaiters.push(waiter)
    this.armPace()
    return Effect.sync(() => {
      this.outsideWaiters = this.outsideWaiters.filter((other) => other !== waiter)
    })
  })

  /** Hands over what was published in this turn. It happens by itself at the turn's end. */
  flush(): void {
    // Called from a sink while it is handed something, it only seals: the flush under way hands over that too.
    if (this.log.seal() === undefined || this.flushing) return
    this.flushing = true
    let end: number
    do {
      end = this.log.end().segment
      for (const member of this.members.values()) {
        if (member.finishAt !== undefined) continue
        if (!member.full) this.handOver(member)
        if (member.full) this.checkLag(member)
      }
    } while (this.log.end().segment > end)
    this.flushing = false
    this.trim()
  }

  private publishAs(run: Uint8Array, member: Member): boolean {
    this.append(run, member.key)
    if (!this.mustHold(member) || !this.members.has(member.key)) return true
    if (!member.held) {
      member.held = true
      this.heldMembers.add(member)
      this.armPace()
      member.sink.onHeld()
    }
    return false
  }

  private append(run: Uint8Array, publisher: number): void {
    if (run.length === 0) return
    this.log.append(run, publisher)
    if (this.armed) return
    this.armed = true
    // After the poll phase: every socket that had something to read in this turn has been read (setImmediate, Node).
    setImmediate(() => {
      this.armed = false
      this.flush()
    })
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
        ? this.deliverNext(member, segment)
        : this.deliverSome(member, catchUpBytes, Number.POSITIVE_INFINITY)
      if (!ready && member.receiving) this.becomeFull(member)
    }
    member.handing = false
    if (member.finishAt !== undefined) this.handRest(member, member.finishAt)
  }

  private deliverSome(member: Member, most: number, before: number): boolean {
    const { cursor, sink } = member
    let handed = 0
    sink.cork()
    while (handed < most && cursor.segment < before && member.receiving) {
      const segment = this.log.at(cursor)
      if (segment === undefined) break
      handed += segment.bytes.length - startOfRun(segment, cursor.run)
      this.deliverNext(member, segment)
    }
    return sink.uncork()
  }

  private deliverNext(member: Member, segment: Segment): boolean {
    const { cursor, sink } = member
    const fromRun = cursor.run
    cursor.segment++
    cursor.run = 0
    if (sink.needsPublisher) return this.deliverRuns(member, segment, fromRun)
    if (fromRun === 0 && !segment.publishers.includes(member.key)) return sink.deliver(segment.bytes, undefined)
    sink.cork()
    eachForeign(segment, fromRun, member.key, (part) => {
      if (member.receiving) sink.deliver(part, undefined)
    })
    return sink.uncork()
  }

  private deliverRuns(member: Member, segment: Segment, fromRun: number): boolean {
    let ready = true
    for (let run = fromRun; run < segment.ends.length && member.receiving; run++) {
      const publisher = segment.publishers[run]
      if (publisher === member.key || publisher === undefined) continue
      const bytes = segment.bytes.subarray(startOfRun(segment, run), segment.ends[run])
      ready = member.sink.deliver(bytes, this.members.get(publisher)?.connection)
    }
    return ready
  }

  private becomeFull(member: Member): void {
    member.full = true
    // Full again while it catches up, it has made progress: that is for the pace limit to see.
    if (this.lagging.has(member)) return
    member.progress = member.sink.progress()
    this.lagging.add(member)
  }

  private drained(member: Member): void {
    if (!member.full || member.handing) return
    const oldest = member.cursor.segment
    member.ignored = false
    member.full = false
    this.handOver(member)
    if (member.full) this.updateBudget(member)
    else if (this.members.has(member.key)) this.caughtUp(member)
    this.trim(oldest)
  }

  private caughtUp(member: Member): void {
    this.lagging.delete(member)
    this.updateBudget(member)
    if (member.stalled) {
      member.stalled = false
      member.sink.onRecovered()
    }
    this.releaseHeld()
  }

  private finish(member: Member, done: () => void): void {
    this.flush()
    if (!member.receiving) {
      done()
      return
    }
    member.finishers.push(done)
    member.finishAt ??= this.log.end().segment
    if (!member.handing) this.handRest(member, member.finishAt)
  }

  // A member that ends gets all the rest at once, full or not. Left in the log, the rest would hold back everything
  // published after it, for as long as a slow peer takes.
  private handRest(member: Member, before: number): void {
    if (member.receiving) {
      const oldest = member.cursor.segment
      member.handing = true
      const ready = this.deliverSome(member, Number.POSITIVE_INFINITY, before)
      member.handing = false
      this.stopReceiving(member)
      member.full = !ready && this.members.has(member.key)
      if (!member.full) this.caughtUp(member)
      this.trim(oldest)
    }
    const finishers = member.finishers
    member.finishers = []
    for (const finisher of finishers) finisher()
  }

  private stopReceiving(member: Member): void {
    if (!member.receiving) return
    member.receiving = false
    this.receivers--
    this.lagging.delete(member)
    this.updateBudget(member)
    this.releaseHeld()
  }

  private detach(member: Member): void {
    if (!this.members.delete(member.key)) return
    member.full = false
    this.heldMembers.delete(member)
    this.stopReceiving(member)
    this.releaseHeld()
    this.trim(member.cursor.segment)
  }

  /** `oldest`: the place that somebody has left. Only if the log begins there can anything be let go. */
  private trim(oldest = this.log.begin()): void {
    // Within a flush, those who are not reached yet need the newest segments without lagging.
    if (this.flushing || this.log.isEmpty() || oldest > this.log.begin()) return
    let keep = this.log.end().segment
    for (const member of this.lagging) {
      if (member.cursor.segment < keep) keep = member.cursor.segment
    }
    this.log.trimTo(keep)
  }

  // --- budgets

  private lagOf(member: Member): number {
    return this.log.bytesBehind(member.cursor) + member.sink.pending()
  }

  private checkLag(member: Member): void {
    const lag = this.lagOf(member)
    if (!member.stalled && lag >= member.budgetBytes / 4) {
      member.stalled = true
      member.sink.onStalled(lag)
    }
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
        this.updateBudget(member)
        break
    }
  }

  private dropOldest(member: Member, lag: number): void {
    const { cursor } = member
    let missed = 0
    let left = lag
    while (left > member.budgetBytes) {
      const segment = this.log.at(cursor)
      if (segment === undefined) break
      const start = startOfRun(segment, cursor.run)
      const end = segment.ends[cursor.run] as number
      if (segment.publishers[cursor.run] !== member.key) {
        missed += this.options.countFrames(segment.bytes.subarray(start, end))
      }
      left -= end - start
      cursor.run++
      if (cursor.run === segment.ends.length) {
        cursor.segment++
        cursor.run = 0
      }
    }
    if (missed === 0) return
    member.dropped += missed
    member.sink.onDropped(missed, member.dropped)
  }

  private updateBudget(member: Member): void {
    const over = member.policy === "block" && member.receiving && member.full && this.lagOf(member) > member.budgetBytes
    if (over === member.overBudget) return
    member.overBudget = over
    this.overBudget += over ? 1 : -1
    if (!over) this.releaseHeld()
  }

  // --- pace

  // A publisher is held back for a subscriber that asked for it ("block"), and when all others are full: then nobody
  // loses anything by waiting, and the pace is that of the fastest. One that is merely slow never holds up the rest.
  private mustHold(publisher: Member | undefined): boolean {
    if (this.overBudget > (publisher?.overBudget === true ? 1 : 0)) return true
    if (this.lagging.size === 0) return false
    const others = this.receivers - (publisher?.receiving === true ? 1 : 0)
    const laggingOthers = this.lagging.size - (publisher !== undefined && this.lagging.has(publisher) ? 1 : 0)
    if (others === 0 || laggingOthers < others) return false
    for (const member of this.lagging) {
      if (member !== publisher && !member.ignored && member.policy !== "drop-oldest") return true
    }
    return false
  }

  private releaseHeld(): void {
    for (const member of this.heldMembers) {
      if (this.mustHold(member)) continue
      this.heldMembers.delete(member)
      member.held = false
      member.sink.onReleased()
    }
    if (this.outsideWaiters.length > 0 && !this.mustHold(undefined)) {
      const waiters = this.outsideWaiters
      this.outsideWaiters = []
      for (const waiter of waiters) waiter()
    }
    if (this.heldMembers.size === 0 && this.outsideWaiters.length === 0) {
      this.cancelPace?.()
      this.cancelPace = undefined
    }
  }

  private armPace(): void {
    if (this.cancelPace !== undefined) return
    for (const member of this.lagging) member.progress = member.sink.progress()
    this.cancelPace = this.options.timing.after(this.options.paceLimit, () => {
      this.cancelPace = undefined
      for (const member of this.lagging) {
        const now = member.sink.progress()
        member.ignored = now === member.progress
      }
      this.releaseHeld()
      if (this.heldMembers.size > 0 || this.outsideWaiters.length > 0) this.armPace()
    })
  }
}

/** What a hub is made of. */
export interface HubCoreOptions {
  readonly timing: Timing
  readonly countFrames: (run: Uint8Array) => number
  readonly budgetBytes: number
  readonly slowConsumer: SlowConsumerPolicy
  readonly paceLimit: Duration.Duration
}
