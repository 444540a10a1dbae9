import * as Duration from "effect/Duration"
import { ConnectionId, Framing, type SlowConsumerPolicy } from "../../src/domain/index.ts"
import { HistoryWindow } from "../../src/hub/HistoryWindow.ts"
import type { HubLogOptions } from "../../src/hub/HubLog.ts"
import type { AttachOptions, HubMember, HubSink } from "../../src/hub/index.ts"
import { HubCore } from "../../src/hub/internal/HubCore.ts"
import { FakeTiming } from "./fakeTiming.ts"
import { textOf, utf8 } from "./wireProbe.ts"

interface Item {
  readonly frame: string
  readonly own: boolean
}

/** Options of a fake subscriber. */
export interface FakeOptions {
  /** Bytes that the subscriber takes before it is full. Default: it is never full. */
  readonly room?: number
  readonly budgetBytes?: number
  readonly slowConsumer?: SlowConsumerPolicy
  readonly needsPublisher?: boolean
}

/**
 * A subscriber that a test controls. It knows what the hub owes it, and records a fault for each frame that does not come in
 * its order.
 */
export class FakeSink implements HubSink {
  readonly name: string
  readonly needsPublisher: boolean
  readonly faults: Array<string> = []
  readonly got: Array<string> = []
  readonly overflows: Array<number> = []
  readonly stalls: Array<"stalled" | "recovered"> = []
  readonly blocks: Array<"blocked" | "unblocked"> = []
  readonly buffers: Array<Uint8Array> = []
  readonly publishers: Array<number | undefined> = []
  readonly items: Array<Item> = []
  /** The number of deliveries: a connection needs one system call for each. */
  handovers = 0
  corks = 0
  missed = 0
  room: number
  position = 0
  /** Whether it has reported that it is full, and not yet that it has taken everything. */
  isFull = false
  isGone = false
  isFinished = false
  onDeliver: (() => void) | undefined
  onStall: (() => void) | undefined
  onUnblock: (() => void) | undefined
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

  get isBlocked(): boolean {
    return this.blocks.at(-1) === "blocked"
  }

  get isStalled(): boolean {
    return this.stalls.at(-1) === "stalled"
  }

  /** The frames that the hub still owes it, without its own. */
  get owed(): ReadonlyArray<string> {
    return this.items
      .slice(this.position)
      .filter((item) => !item.own)
      .map((item) => item.frame)
  }

  /** Bounds of its lag: its own frames right after its position may count or not. */
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
  readonly onBlocked = (): void => this.alternate(this.blocks, "blocked", "unblocked")
  readonly onUnblocked = (): void => {
    this.alternate(this.blocks, "unblocked", "blocked")
    this.onUnblock?.()
  }

  /** Takes some of the delivered bytes and stays full. */
  takeSome(bytes: number): void {
    const most = Math.min(bytes, this.waiting - 1)
    if (most <= 0) return
    this.waiting -= most
    this.taken += most
  }

  /** Takes everything, and reports that if it was full. `room`: the room from then on. */
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
    if (last === undefined ? next === "recovered" || next === "unblocked" : last !== before) {
      this.fault(`was told ${next} after ${last}`)
    }
    list.push(next)
  }
}

/** A hub whose subscribers know what the hub owes them. */
export class HubWorld {
  readonly timing = new FakeTiming()
  readonly core: HubCore
  readonly sinks: Array<FakeSink> = []
  private readonly budgetBytes: number
  /** The number of frames in the history. */
  private readonly last: number
  private readonly published: Array<string> = []

  constructor(
    options: {
      readonly budgetBytes?: number
      readonly slowConsumer?: SlowConsumerPolicy
      readonly log?: HubLogOptions
      readonly countFrames?: (run: Uint8Array) => number
      readonly apartBytes?: number
      readonly last?: number
    } = {},
  ) {
    const { timing } = this
    this.budgetBytes = options.budgetBytes ?? 1000
    this.last = options.last ?? 0
    const history = { last: this.last, maxAgeMillis: Number.POSITIVE_INFINITY, maxBytes: 1024 * 1024 }
    this.core = new HubCore({
      timing,
      countFrames: options.countFrames ?? Framing.line.count,
      budgetBytes: this.budgetBytes,
      slowConsumer: options.slowConsumer ?? "disconnect",
      paceLimit: Duration.seconds(5),
      ...(options.log === undefined ? {} : { log: options.log }),
      ...(this.last === 0 ? {} : { history: new HistoryWindow(Framing.line, history, timing.now) }),
      ...(options.apartBytes === undefined ? {} : { apartBytes: options.apartBytes }),
    })
  }

  attach(name: string, options: FakeOptions = {}): FakeSink {
    const sink = new FakeSink(name, options)
    const attach: AttachOptions = {
      connection: ConnectionId.make(this.sinks.length + 1, true),
      history: true,
      ...(options.budgetBytes === undefined ? {} : { budgetBytes: options.budgetBytes }),
      ...(options.slowConsumer === undefined ? {} : { slowConsumer: options.slowConsumer }),
    }
    sink.items.push(...this.history(options.budgetBytes ?? this.budgetBytes).map((frame) => ({ frame, own: false })))
    sink.member = this.core.attach(sink, attach)
    this.sinks.push(sink)
    return sink
  }

  /** The last frames that fit into a quarter of a budget. */
  history(budgetBytes: number): ReadonlyArray<string> {
    let left = budgetBytes / 4
    let from = this.published.length
    while (from > Math.max(0, this.published.length - this.last)) {
      left -= this.published[from - 1]?.length ?? 0
      if (left < 0) break
      from--
    }
    return this.published.slice(from)
  }

  /** Publishes frames of these sizes as one run. `false`: the publisher is blocked. */
  publish(by: FakeSink | undefined, sizes: ReadonlyArray<number> = [10]): boolean {
    const first = this.published.length
    const frames = sizes.map((size, at) => `${by?.name ?? "-"}${first + at}`.padEnd(size - 1, ".").concat("\n"))
    this.published.push(...frames)
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

  /** Finishes a subscriber, and records a fault if the hub owes it anything when it has finished. */
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
