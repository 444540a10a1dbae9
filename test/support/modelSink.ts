import type { ConnectionId, SlowConsumerPolicy } from "../../src/domain/index.ts"
import type { HubMember, HubSink } from "../../src/hub/index.ts"
import type { HubModel, Run } from "./hubModel.ts"
import { textOf } from "./wireProbe.ts"

const newline = 0x0a

/** How a subscriber of the model takes part. */
export interface ModelSinkOptions {
  readonly connection: ConnectionId
  readonly policy: SlowConsumerPolicy
  readonly budgetBytes: number
  readonly needsPublisher: boolean
  /** Whether it is told of the hub's end, as a stream is, or just detached, as a connection. */
  readonly hearsEnd: boolean
  /** Bytes that it takes before it is full. */
  readonly room: number
}

/**
 * A subscriber that knows each byte it has to get, and notes as a fault whatever else comes. `inside` is run within
 * whatever the hub calls: there a test does what it likes.
 */
export class ModelSink implements HubSink {
  readonly options: ModelSinkOptions
  readonly connection: ConnectionId
  readonly needsPublisher: boolean
  readonly onHubEnded?: () => void
  room: number
  /** Has said so, and not yet that it has taken everything. */
  isFull = false
  isStalled = false
  isBlocked = false
  /** Nothing may come any more. */
  isGone = false
  /** Throws when it is handed something next. */
  willThrow = false
  hasThrown = false
  /** Runs from here on are not for it: it was finished then. */
  until = Number.POSITIVE_INFINITY
  finishesOwed = 0
  /** It was told that it has finished before it had everything: that is right only for one that goes. */
  finishedShort = false
  missed = 0
  private readonly model: HubModel
  private readonly inside: (sink: ModelSink) => void
  private place: number
  private within = 0
  private waiting = 0
  private taken = 0
  private corks = 0
  private touchedAt = -1
  private thrown: Error | undefined
  private memberOrNone: HubMember | undefined

  constructor(model: HubModel, options: ModelSinkOptions, inside: (sink: ModelSink) => void) {
    this.model = model
    this.options = options
    this.connection = options.connection
    this.needsPublisher = options.needsPublisher
    this.room = options.room
    this.inside = inside
    this.place = model.runs.length
    if (options.hearsEnd) this.onHubEnded = () => this.endsWithHub()
  }

  get member(): HubMember {
    if (this.memberOrNone === undefined) throw new Error("it is not attached yet")
    return this.memberOrNone
  }

  set member(member: HubMember) {
    this.memberOrNone = member
  }

  get isFinishing(): boolean {
    return this.until < Number.POSITIVE_INFINITY
  }

  // --- what a test does to it

  /**
   * It was changed from within a callback. What the hub had found out before, and decided, it may still tell it: that it
   * is cut off, or misses something.
   */
  touch(): void {
    this.touchedAt = this.model.moment
  }

  private get isTouched(): boolean {
    return this.touchedAt === this.model.moment
  }

  // --- what it has to get

  /** The run that it has to get next. */
  next(): Run | undefined {
    const at = this.nextPlace()
    return at < this.until ? this.model.runs[at] : undefined
  }

  /** The least and the most that count as its lag: its own runs right behind its place may count or not. */
  lag(): { readonly least: number; readonly most: number } {
    const { runs, totalBytes } = this.model
    const behind = (run: Run | undefined) => (run === undefined ? 0 : totalBytes - run.start - this.within)
    const most = this.waiting + behind(runs[this.place])
    return { least: this.waiting + behind(this.next()), most }
  }

  /** What it was handed and has not taken. */
  readonly pending = (): number => this.waiting
  readonly progress = (): number => this.taken

  /** Takes some of what it was handed, without being ready for more. */
  takeSome(bytes: number): void {
    const most = Math.max(0, Math.min(bytes, this.waiting - 1))
    this.waiting -= most
    this.taken += most
  }

  /** Takes everything and says so, as it must if it was full. */
  drain(room: number): void {
    this.taken += this.waiting
    this.waiting = 0
    this.room = room
    this.isFull = false
    this.member.drained()
  }

  // --- what the hub calls

  readonly deliver = (bytes: Uint8Array, publisher: ConnectionId | undefined): boolean => {
    if (this.corks === 0) this.mustBeReady()
    if (this.isGone) this.fault("was handed something after its end")
    if (this.willThrow) {
      this.willThrow = false
      this.isGone = true
      this.hasThrown = true
      this.thrown = new Error("as the test wants it")
      throw this.thrown
    }
    this.match(bytes, publisher)
    this.waiting += bytes.length
    if (this.waiting > this.room) this.isFull = true
    this.inside(this)
    return !this.isFull
  }

  readonly cork = (): void => {
    if (this.corks === 0) this.mustBeReady()
    this.corks++
  }

  readonly uncork = (): boolean => {
    this.corks--
    this.inside(this)
    return !this.isFull
  }

  readonly onDropped = (missed: number, total: number): void => {
    if (this.options.policy !== "drop-oldest" || this.isGone) this.fault(`missed ${missed} and must not`)
    let last = this.model.totalBytes
    for (let left = missed; left > 0; left--) {
      const run = this.next()
      if (run === undefined) {
        this.fault(`missed ${left} frames more than there were`)
        return
      }
      // A run goes as one: what counts is whether it had to go at all.
      last = run.start
      this.pass(run, run.bytes.indexOf(newline, this.within) + 1 - this.within)
    }
    if (missed < 1) this.fault("missed none, and was told so")
    if (this.within > 0) this.fault("missed a part of a run")
    const needed = this.waiting + this.model.totalBytes - last > this.options.budgetBytes
    if (!needed && !this.isTouched) this.fault("missed what was within its budget")
    this.missed += missed
    if (total !== this.missed) this.fault(`missed ${this.missed} in all, was told ${total}`)
    this.inside(this)
  }

  readonly onOverflow = (pendingBytes: number, budgetBytes: number): void => {
    const { least, most } = this.lag()
    if (this.options.policy !== "disconnect") this.fault("was cut off and must not be")
    if (budgetBytes !== this.options.budgetBytes) this.fault(`was cut off for a budget of ${budgetBytes}`)
    if (pendingBytes <= budgetBytes) this.fault(`was cut off for a lag of ${pendingBytes}`)
    if ((this.isGone || most <= budgetBytes) && !this.isTouched)
      this.fault(`was cut off, lagged by ${least} to ${most}`)
    this.isGone = true
    this.inside(this)
  }

  readonly onFailed = (error: unknown): void => {
    if (this.thrown === undefined || error !== this.thrown) this.fault(`failed without having thrown that: ${error}`)
    this.thrown = undefined
    this.inside(this)
  }

  readonly onStalled = (): void => {
    if (this.isStalled) this.fault("stalled twice")
    this.isStalled = true
    this.inside(this)
  }

  readonly onRecovered = (): void => {
    if (!this.isStalled) this.fault("recovered without having stalled")
    this.isStalled = false
    this.inside(this)
  }

  readonly onBlocked = (): void => {
    if (this.isBlocked) this.fault("was blocked twice")
    this.isBlocked = true
    this.inside(this)
  }

  readonly onUnblocked = (): void => {
    if (!this.isBlocked) this.fault("was unblocked without having been blocked")
    this.isBlocked = false
    this.inside(this)
  }

  /** Its part comes to an end after all that was published so far; calls back when the hub says that this is so. */
  finish(then: () => void): void {
    if (!this.isFinishing) this.until = this.model.runs.length
    this.finishesOwed++
    let called = false
    this.member.finish(() => {
      if (called) this.fault("was told twice that it has finished")
      called = true
      this.finishesOwed--
      this.finishedShort = !this.isGone && this.next() !== undefined
      then()
    })
  }

  fault(what: string): void {
    this.model.faults.push(`#${this.connection} (${this.options.policy}) ${what}`)
  }

  private endsWithHub(): void {
    // One that has thrown is told of the end, or not: it is no part of the hub any more.
    if (this.hasThrown) return
    if (!this.model.closing || this.isGone) this.fault("was told of an end that is none")
    if (this.next() !== undefined) this.fault("was told of the end, and has not got everything")
    this.isGone = true
  }

  // One that needs the publisher gets the runs of a turn one by one, all of them, full or not.
  private mustBeReady(): void {
    const ready = !this.isFull || this.isFinishing || this.model.closing || this.needsPublisher
    if (!ready) this.fault("was handed more while it was full")
  }

  private match(bytes: Uint8Array, publisher: ConnectionId | undefined): void {
    if (bytes[bytes.length - 1] !== newline) this.fault(`got a torn frame: ${textOf(bytes)}`)
    for (let at = 0; at < bytes.length; ) {
      const run = this.next()
      const part = Math.min(bytes.length - at, run === undefined ? 0 : run.bytes.length - this.within)
      if (run === undefined || Buffer.compare(bytes.subarray(at, at + part), this.part(run, part)) !== 0) {
        const expected = run === undefined ? "nothing" : textOf(run.bytes.subarray(this.within))
        this.fault(`got ${textOf(bytes.subarray(at))} instead of ${expected}`)
        return
      }
      if (this.needsPublisher && publisher !== run.by?.connection) this.fault(`was told ${publisher} for its publisher`)
      this.pass(run, part)
      at += part
    }
  }

  private part(run: Run, length: number): Uint8Array {
    return run.bytes.subarray(this.within, Math.min(this.within + length, run.bytes.length))
  }

  private nextPlace(): number {
    const { runs } = this.model
    let at = this.place
    while (runs[at]?.by === this) at++
    return at
  }

  private pass(run: Run, bytes: number): void {
    this.place = this.nextPlace()
    this.within += bytes
    if (this.within < run.bytes.length) return
    this.place++
    this.within = 0
  }
}
