import * as Duration from "effect/Duration"
import { ConnectionId, Framing, type SlowConsumerPolicy } from "../../src/domain/index.ts"
import type { HubLogOptions } from "../../src/hub/HubLog.ts"
import type { AttachOptions, HubMember, HubSink } from "../../src/hub/index.ts"
import { HubCore } from "../../src/hub/internal/HubCore.ts"
import { FakeTiming } from "./fakeTiming.ts"
import { textOf, utf8 } from "./wireProbe.ts"

interface Item {
  readonly frame: string
  readonly own: boolean
}

/** How a fake subscriber takes part. */
export interface FakeOptions {
  /** Bytes that it takes before it is full. Default: it is never full. */
  readonly room?: number
  readonly budgetBytes?: number
  readonly slowConsumer?: SlowConsumerPolicy
  readonly needsPublisher?: boolean
}

/**
 * A subscriber under the hand of a test. It knows what it has to get, and notes as a fault whatever does not come in
 * its turn.
 */
export class FakeSink implements HubSink {
  readonly name: string
  readonly needsPublisher: boolean
  readonly faults: Array<string> = []
  readonly got: Array<string> = []
  readonly overflows: Array<number> = []
  readonly stalls: Array<"stalled" | "recovered"> = []
  readonly holds: Array<"held" | "released"> = []
  readonly buffers: Array<Uint8Array> = []
  readonly publishers: Array<number | undefined> = []
  readonly items: Array<Item> = []
  /** How often something was handed over: one per system call of a connection. */
  handovers = 0
  corks = 0
  missed = 0
  room: number
  position = 0
  /** Has said so, and not yet that it has taken everything. */
  isFull = false
  isGone = false
  isFinished = false
  onDeliver: (() => void) | undefined
  onStall: (() => void) | undefined
  onRelease: (() => void) | undefined
  readonly failures: Array<unknown> = []
  private corkUsed = false
  private waiting = 0
  private taken = 0
  private memberOrNone: HubMember | undefined

  constructor(name: string, options: FakeOptions) {
    this.name = name
    this.room = options.room ?? Number.POSITIVE_INFINITY
    this.needsPublisher = options.needsPublisher ?? false
  }

  get member(): HubMember {
    if (this.memberOrNone === undefined) throw new Error(`${this.name} is not attached`)
    return this.memberOrNone
  }

  set member(member: HubMember) {
    this.memberOrNone = member
  }

  get isHeld(): boolean {
    return this.holds.at(-1) === "held"
  }

  get isStalled(): boolean {
    return this.stalls.at(-1) === "stalled"
  }

  /** What it still has to get, without frames of its own. */
  get owed(): ReadonlyArray<string> {
    return this.items
      .slice(this.position)
      .filter((item) => !item.own)
      .map((item) => item.frame)
  }

  /** Least and most that may count as its lag: frames of its own right behind its place may count or not. */
  get lag(): { readonly least: number; readonly most: number } {
    const rest = this.items.slice(this.position)
    const own = rest.findIndex((item) => !item.own)
    const sum = (items: ReadonlyArray<Item>) => items.reduce((bytes, item) => bytes + item.frame.length, 0)
    return { least: this.waiting + sum(own === -1 ? [] : rest.slice(own)), most: this.waiting + sum(rest) }
  }

  readonly deliver = (bytes: Uint8Array, publisher: number | undefined): boolean => {
    if (this.isGone) this.fault("was handed something after its end")
    if (this.corks === 0 || !this.corkUsed) this.handovers++
    this.corkUsed = true
    this.buffers.push(bytes)
    const text = textOf(bytes)
    if (!text.endsWith("\n")) this.fault(`was handed a torn frame: ${text}`)
    for (const frame of text.split(/(?<=\n)/)) {
      this.publishers.push(publisher)
      this.got.push(frame)
      this.skipOwn()
      const expected = this.items[this.position++]?.frame
      if (expected !== frame) this.fault(`got ${frame.trim()} instead of ${expected?.trim()}`)
    }
    this.waiting += bytes.length
    this.isFull = this.waiting > this.room
    this.onDeliver?.()
    return !this.isFull
  }

  readonly cork = (): void => {
    if (this.corks === 0) this.corkUsed = false
    this.corks++
  }

  readonly uncork = (): boolean => {
    this.corks--
    return !this.isFull
  }

  readonly pending = (): number => this.waiting
  readonly progress = (): number => this.taken

  readonly onOverflow = (pendingBytes: number, budgetBytes: number): void => {
    if (pendingBytes <= budgetBytes) this.fault("overflowed within its budget")
    this.overflows.push(pendingBytes)
    this.isGone = true
  }

  readonly onDropped = (missed: number, total: number): void => {
    this.missed += missed
    if (total !== this.missed) this.fault(`missed ${this.missed}, was told ${total}`)
    for (let left = missed; left > 0; left--) {
      this.skipOwn()
      this.position++
    }
  }

  readonly onFailed = (error: unknown): void => {
    this.failures.push(error)
    this.isGone = true
  }

  readonly onStalled = (): void => {
    this.alternate(this.stalls, "stalled", "recovered")
    this.onStall?.()
  }

  readonly onRecovered = (): void => this.alternate(this.stalls, "recovered", "stalled")
  readonly onHeld = (): void => this.alternate(this.holds, "held", "released")
  readonly onReleased = (): void => {
    this.alternate(this.holds, "released", "held")
    this.onRelease?.()
  }

  /** Takes some of what it was handed, without being ready for more. */
  takeSome(bytes: number): void {
    const most = Math.min(bytes, this.waiting - 1)
    if (most <= 0) return
    this.waiting -= most
    this.taken += most
  }

  /** Takes everything, and says so if it was full. From then on it may have another room. */
  drain(room = this.room): void {
    const wasFull = this.isFull
    this.taken += this.waiting
    this.waiting = 0
    this.isFull = false
    this.room = room
    if (wasFull && !this.isGone) this.member.drained()
  }

  fault(text: string): void {
    this.faults.push(`${this.name} ${text}`)
  }

  private skipOwn(): void {
    while (this.items[this.position]?.own === true) this.position++
  }

  private alternate<A extends string>(list: Array<A>, next: A, before: A): void {
    const last = list.at(-1)
    if (last === undefined ? next === "recovered" || next === "released" : last !== before) {
      this.fault(`was told ${next} after ${last}`)
    }
    list.push(next)
  }
}

/** A hub whose subscribers know what they have to get. */
export class HubWorld {
  readonly timing = new FakeTiming()
  readonly core: HubCore
  readonly sinks: Array<FakeSink> = []
  private frames = 0

  constructor(
    options: {
      readonly budgetBytes?: number
      readonly slowConsumer?: SlowConsumerPolicy
      readonly log?: HubLogOptions
      readonly countFrames?: (run: Uint8Array) => number
      readonly apartBytes?: number
    } = {},
  ) {
    this.core = new HubCore({
      timing: this.timing,
      countFrames: options.countFrames ?? Framing.line.count,
      budgetBytes: options.budgetBytes ?? 1000,
      slowConsumer: options.slowConsumer ?? "disconnect",
      paceLimit: Duration.seconds(5),
      ...(options.log === undefined ? {} : { log: options.log }),
      ...(options.apartBytes === undefined ? {} : { apartBytes: options.apartBytes }),
    })
  }

  attach(name: string, options: FakeOptions = {}): FakeSink {
    const sink = new FakeSink(name, options)
    const attach: AttachOptions = {
      connection: ConnectionId.make(this.sinks.length + 1, true),
      ...(options.budgetBytes === undefined ? {} : { budgetBytes: options.budgetBytes }),
      ...(options.slowConsumer === undefined ? {} : { slowConsumer: options.slowConsumer }),
    }
    sink.member = this.core.attach(sink, attach)
    this.sinks.push(sink)
    return sink
  }

  /** Publishes frames of a size, as one run. Says what the hub says: whether the publisher may go on. */
  publish(by: FakeSink | undefined, sizes: ReadonlyArray<number> = [10]): boolean {
    const frames = sizes.map((size) => `${by?.name ?? "-"}${this.frames++}`.padEnd(size - 1, ".").concat("\n"))
    for (const sink of this.sinks) {
      if (sink.isGone || sink.isFinished) continue
      for (const frame of frames) sink.items.push({ frame, own: sink === by })
    }
    const run = utf8(frames.join(""))
    return by === undefined ? this.core.publish(run) : by.member.publish(run)
  }

  detach(sink: FakeSink): void {
    sink.isGone = true
    sink.member.detach()
  }

  /** Finishes a subscriber, and notes a fault if anything is owed to it when that is done. */
  finish(sink: FakeSink): void {
    sink.isFinished = true
    sink.member.finish(() => {
      if (sink.owed.length > 0 && !sink.isGone) sink.fault(`was finished with ${sink.owed.length} frames owed`)
      sink.isGone = true
    })
  }

  get present(): ReadonlyArray<FakeSink> {
    return this.sinks.filter((sink) => !sink.isGone)
  }

  get faults(): ReadonlyArray<string> {
    return this.sinks.flatMap((sink) => sink.faults)
  }
}
