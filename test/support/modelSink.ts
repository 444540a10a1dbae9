import type { ConnectionId, SlowConsumerPolicy } from "../../src/domain/index.ts"
import type { HubMember, HubSink } from "../../src/hub/index.ts"
import type { HubModel, Run } from "./hubModel.ts"
import { textOf } from "./wireProbe.ts"

const newline = 0x0a

/** Options of a subscriber of the model. */
export interface ModelSinkOptions {
  readonly connection: ConnectionId
  readonly policy: SlowConsumerPolicy
  readonly budgetBytes: number
  readonly needsPublisher: boolean
  /** Whether the hub reports its end to the subscriber, as to a stream. The hub only detaches a connection. */
  readonly hearsEnd: boolean
  /** The bytes that the subscriber takes before it is full. */
  readonly room: number
}

/**
 * A subscriber that knows each byte that it must receive, and records a fault for anything else. It runs `inside` in
 * each callback of the hub, so that a test can act there.
 */
export class ModelSink implements HubSink {
  readonly options: ModelSinkOptions
  readonly connection: ConnectionId
  readonly needsPublisher: boolean
  readonly onHubEnded?: () => void
  room: number
  /** Whether it has reported that it is full, and not yet that it has taken everything. */
  isFull = false
  isStalled = false
  isBlocked = false
  /** Whether it is detached, so that no callback may come. */
  isGone = false
  /** Whether the next delivery throws. */
  willThrow = false
  hasThrown = false
  /** The index of the first run after its finish, which the hub must not deliver. */
  until = Number.POSITIVE_INFINITY
  finishesOwed = 0
  /** Whether the hub reported the finish too early. That is right only if the subscriber is being detached. */
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

  // --- actions of a test

  /**
   * Marks the subscriber as changed inside a callback. The hub may still report a decision that it made before the
   * change: a cut-off or missed frames.
   */
  touch(): void {
    this.touchedAt = this.model.moment
  }

  private get isTouched(): boolean {
    return this.touchedAt === this.model.moment
  }

  // --- expected deliveries

  /** The next run that the hub must deliver. */
  next(): Run | undefined {
    const at = this.nextPlace()
    return at < this.until ? this.model.runs[at] : undefined
  }

  /** The bounds of its lag: its own runs right after its position may count or not. */
  lag(): { readonly least: number; readonly most: number } {
    const { runs, totalBytes } = this.model
    const behind = (run: Run | undefined) => (run === undefined ? 0 : totalBytes - run.start - this.within)
    const most = this.waiting + behind(runs[this.place])
    return { least: this.waiting + behind(this.next()), most }
  }

  /** The bytes delivered and not taken. */
  readonly pending = (): number => this.waiting
  readonly progress = (): number => this.taken

  /** Takes some of the delivered bytes and stays full. */
  takeSome(bytes: number): void {
    const most = Math.max(0, Math.min(bytes, this.waiting - 1))
    this.waiting -= most
    this.taken += most
  }

  /** Takes everything and reports that, as a full subscriber must. */
  drain(room: number): void {
    this.taken += this.waiting
    this.waiting = 0
    this.room = room
    this.isFull = false
    this.member.drained()
  }

  // --- callbacks of the hub

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
      // The hub drops whole runs, so only the necessity of a run is checked.
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

  /** Finishes the subscriber after the runs published so far. Calls `then` when the hub reports the finish. */
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
    // A subscriber that threw is detached. The hub may report the end to it or not.
    if (this.hasThrown) return
    if (!this.model.closing || this.isGone) this.fault("was told of an end that is none")
    if (this.next() !== undefined) this.fault("was told of the end, and has not got everything")
    this.isGone = true
  }

  // A subscriber that needs the publisher gets the runs of a turn one by one, even if it is full.
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
