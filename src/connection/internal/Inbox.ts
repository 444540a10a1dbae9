import { Framing } from "../../domain/index.ts"
import { allocate, pinsMore } from "../../runtime/bytes.ts"
import { type AtTurnEnd, atTurnEnd } from "../../runtime/turnEnd.ts"
import { Waiters } from "../../runtime/Waiters.ts"
import { PayloadOffsets } from "./PayloadOffsets.ts"

// Small runs that wait are copied into shared pieces of memory. The first piece has `leastShared` bytes, and each
// further piece has twice the size of the previous one, up to `mostShared` bytes.
const leastShared = 256
const mostShared = 4096

// The number of payloads that are cut at once: `cutAhead` for a reader that takes one payload at a time,
// `payloadsAtOnce` for a reader that takes many. A payload is an object of some hundred bytes, so these numbers bound
// the memory for a run of empty lines.
const cutAhead = 64
const payloadsAtOnce = 1024

const emptyPayload = new Uint8Array(0)

/**
 * The runs that have arrived. They are cut into payloads only when a reader takes them, so waiting payloads cost no
 * more than their bytes. Several readers can wait. Each payload goes to one of them.
 */
export class Inbox implements AtTurnEnd {
  /** Whether no more runs arrive. */
  ended = false
  /** Whether small runs that wait are copied. A small run would otherwise keep the memory of a whole read alive. */
  packs = true
  /** Finds the offsets of the payloads, for a program that decodes messages. */
  offsets: PayloadOffsets | undefined
  /** Woken at the end of the turn in which a run arrives, and at the end. */
  readonly readers = new Waiters()
  /** Called in the callback of the read in which a run arrives, and at the end. `undefined`: nothing listens. */
  private listeners: Array<() => void> | undefined
  private readonly capacityBytes: number
  private readonly framing: Pick<Framing.Framing, "cut" | "payloads">
  private readonly onHeld: (held: boolean) => void
  private runs: Array<Uint8Array> = []
  /** The number of bytes of the first run that are cut. */
  private offset = 0
  private bytes = 0
  private payloads: Array<Uint8Array> = []
  private head = 0
  /** The number of payloads before `payloads`. */
  private cutBefore = 0
  private held = false
  private isWaking = false
  /** The current piece of memory for small runs, and the number of its bytes in use. */
  private shared: Uint8Array = emptyPayload
  private sharedTaken = 0

  /** `onHeld(true)` is called when the capacity is reached, and `onHeld(false)` when all runs have been taken. */
  constructor(
    capacityBytes: number,
    framing: Pick<Framing.Framing, "cut" | "payloads">,
    onHeld: (held: boolean) => void,
  ) {
    this.capacityBytes = capacityBytes
    this.framing = framing
    this.onHeld = onHeld
  }

  push(run: Uint8Array): void {
    // If a reader waits, it takes the run in this turn, so the run needs no copy.
    const isAwaited = this.listeners !== undefined || this.readers.count() > 0
    this.runs.push(this.packs && !isAwaited && pinsMore(run) ? this.packed(run) : run)
    this.bytes += costOf(run)
    if (!this.held && this.bytes >= this.capacityBytes) {
      this.held = true
      this.onHeld(true)
    }
    this.notify()
    if (this.isWaking || this.readers.count() === 0) return
    // All readers of a turn are woken together, so that the steps of their fibers are in the cache of the processor.
    this.isWaking = true
    atTurnEnd(this)
  }

  onTurnEnd(): void {
    this.isWaking = false
    this.readers.wake()
  }

  end(): void {
    // A listener in which the framing throws ends the connection, and so calls this function again.
    if (this.ended) return
    this.ended = true
    this.notify()
    this.readers.wake()
  }

  /**
   * Calls `listener` in the callback of each read that brings a run, and at the end. So the listener takes payloads
   * without a step of a fiber. It must not throw. Returns a function that removes the listener.
   */
  listen(listener: () => void): () => void {
    this.listeners = [...(this.listeners ?? []), listener]
    return () => {
      const left = this.listeners?.filter((one) => one !== listener)
      this.listeners = left?.length === 0 ? undefined : left
    }
  }

  private notify(): void {
    if (this.listeners !== undefined) for (const listener of this.listeners) listener()
  }

  /** Whether a reader can take a payload without waiting. */
  isReady(): boolean {
    return this.head < this.payloads.length || this.runs.length > 0
  }

  /** A number that shrinks with each taken payload, as long as no run arrives. */
  left(): number {
    return this.bytes - this.offset + this.payloads.length - this.head
  }

  /**
   * Starts to record the offsets of payloads. `end`: the offset after the runs in the inbox; `undefined` if it is
   * unknown.
   */
  keepOffsets(end: number | undefined): PayloadOffsets {
    const starts: Array<number | undefined> = []
    let start = end
    for (const run of this.runs.toReversed()) {
      if (start !== undefined) start -= run.length
      starts.unshift(start)
    }
    this.offsets ??= new PayloadOffsets(this.framing, starts, this.cutBefore + 1, this.payloads.length)
    return this.offsets
  }

  /** The ordinal of the payload that was taken last, from 1. */
  get taken(): number {
    return this.cutBefore + this.head
  }

  shift(): Uint8Array | undefined {
    if (this.head === this.payloads.length) this.cutNext(1, cutAhead)
    const payload = this.payloads[this.head]
    if (payload === undefined) return undefined
    this.payloads[this.head++] = emptyPayload
    return payload
  }

  /** Takes up to `payloadsAtOnce` payloads. */
  shiftSome(): Array<Uint8Array> | undefined {
    if (this.head === this.payloads.length) this.cutNext(payloadsAtOnce, payloadsAtOnce)
    const some = this.head === 0 ? this.payloads : this.payloads.slice(this.head)
    this.cutBefore += this.payloads.length
    this.payloads = []
    this.head = 0
    return some.length === 0 ? undefined : some
  }

  /** A copy of a small run in the shared memory. */
  private packed(run: Uint8Array): Uint8Array {
    if (this.sharedTaken + run.length > this.shared.length) {
      const next = Math.min(Math.max(2 * this.shared.length, leastShared), mostShared)
      this.shared = allocate(Math.max(next, run.length))
      this.sharedTaken = 0
    }
    const copy = this.shared.subarray(this.sharedTaken, this.sharedTaken + run.length)
    copy.set(run)
    this.sharedTaken += run.length
    return copy
  }

  /** Cuts runs until there are at least `atLeast` payloads, and `most` payloads at most. */
  private cutNext(atLeast: number, most: number): void {
    const payloads: Array<Uint8Array> = []
    const keep = (payload: Uint8Array) => payloads.push(payload)
    const from = this.offset
    this.cutBefore += this.payloads.length
    this.payloads = payloads
    this.head = 0
    let taken = 0
    for (const run of this.runs) {
      if (payloads.length >= atLeast) break
      this.offset = Framing.cutSome(this.framing, run, this.offset, most - payloads.length, keep)
      if (this.offset < run.length) break
      this.offset = 0
      this.bytes -= costOf(run)
      taken++
    }
    this.offsets?.onCut(this.runs, this.offset > 0 ? taken + 1 : taken, taken, from, payloads.length)
    if (taken > 0) this.runs.splice(0, taken)
    if (this.runs.length === 0) {
      this.shared = emptyPayload
      this.sharedTaken = 0
    }
    if (!this.held || this.runs.length > 0) return
    this.held = false
    this.onHeld(false)
  }
}

// The object of a run also uses memory.
const costOf = (run: Uint8Array): number => run.length + 32
