import { Framing } from "../../domain/index.ts"
import { allocate, pinsMore } from "../../runtime/bytes.ts"
import { type AtTurnEnd, atTurnEnd } from "../../runtime/turnEnd.ts"
import { Waiters } from "../../runtime/Waiters.ts"

// Small runs that have to wait share memory in pieces that double from and to these sizes, bytes.
const leastShared = 256
const mostShared = 4096

// Payloads that are cut ahead of a reader who takes one, and given to a reader who takes many. A payload is an object of
// some hundred bytes, so this bounds what a run of line ends costs while its reader waits.
const cutAhead = 64
const payloadsAtOnce = 1024

const emptyPayload = new Uint8Array(0)

/**
 * The runs that have arrived. They are cut into payloads only as far as a reader takes them: payloads that wait cost no
 * more than the bytes that arrived. Several readers can wait at a time; each payload goes to one of them.
 */
export class Inbox implements AtTurnEnd {
  /** Nothing follows what is here. */
  ended = false
  /** Whether small runs that wait are copied, so that they do not keep the memory of a whole read alive. */
  packs = true
  /** Woken when something has come, and at the end. */
  readonly readers = new Waiters()
  private readonly capacityBytes: number
  private readonly framing: Pick<Framing.Framing, "cut" | "payloads">
  private readonly onHeld: (held: boolean) => void
  private runs: Array<Uint8Array> = []
  /** How far the first run is cut. */
  private offset = 0
  private bytes = 0
  private payloads: Array<Uint8Array> = []
  private head = 0
  private held = false
  private isWaking = false
  /** Memory for small runs, and how much of it is taken. */
  private shared: Uint8Array = emptyPayload
  private sharedTaken = 0

  /** `onHeld` is told when the capacity is reached, and when everything has been taken again. */
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
    // One that is waited for is gone at the end of the turn.
    this.runs.push(this.packs && this.readers.count() === 0 && pinsMore(run) ? this.packed(run) : run)
    this.bytes += costOf(run)
    if (!this.held && this.bytes >= this.capacityBytes) {
      this.held = true
      this.onHeld(true)
    }
    if (this.isWaking) return
    // The readers of one turn go on together: the steps of their fibers then find themselves in the processor's cache.
    this.isWaking = true
    atTurnEnd(this)
  }

  onTurnEnd(): void {
    this.isWaking = false
    this.readers.wake()
  }

  end(): void {
    this.ended = true
    this.readers.wake()
  }

  /** Whether a reader would not have to wait. */
  isReady(): boolean {
    return this.head < this.payloads.length || this.runs.length > 0
  }

  /** A number that shrinks with whatever is taken, while nothing comes. */
  left(): number {
    return this.bytes - this.offset + this.payloads.length - this.head
  }

  shift(): Uint8Array | undefined {
    if (this.head === this.payloads.length) this.cutNext(1, cutAhead)
    const payload = this.payloads[this.head]
    if (payload === undefined) return undefined
    this.payloads[this.head++] = emptyPayload
    return payload
  }

  /** Many at once. */
  shiftSome(): Array<Uint8Array> | undefined {
    if (this.head === this.payloads.length) this.cutNext(payloadsAtOnce, payloadsAtOnce)
    const some = this.head === 0 ? this.payloads : this.payloads.slice(this.head)
    this.payloads = []
    this.head = 0
    return some.length === 0 ? undefined : some
  }

  /** A copy of a small run that keeps alive nothing but its neighbours. */
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

  /** Cuts runs until there are `atLeast` payloads, `most` of each at once. */
  private cutNext(atLeast: number, most: number): void {
    const payloads: Array<Uint8Array> = []
    const keep = (payload: Uint8Array) => payloads.push(payload)
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

// A run of a few bytes takes more memory than them.
const costOf = (run: Uint8Array): number => run.length + 32
