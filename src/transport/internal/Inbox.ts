import { allocate, pinsMore } from "../../runtime/bytes.ts"
import { type AtTurnEnd, atTurnEnd } from "../../runtime/turnEnd.ts"
import { Waiters } from "../../runtime/Waiters.ts"

/** Calls back with each payload of a run of whole frames. */
type Cut = (run: Uint8Array, each: (payload: Uint8Array) => void) => void

// Small runs that have to wait share memory in pieces that double from and to these sizes, bytes.
const leastShared = 256
const mostShared = 4096

// What is cut ahead of its reader in one go.
const payloadsAtOnce = 1024

const emptyPayload = new Uint8Array(0)

/**
 * The runs that have arrived, cut into payloads when they are taken: payloads that nobody takes cost no more than the
 * bytes that arrived. One reader waits at a time or several, nobody loses any.
 */
export class Inbox implements AtTurnEnd {
  /** Nothing follows what is here. */
  ended = false
  /** Woken when something has come, and at the end. */
  readonly readers = new Waiters()
  private readonly capacityBytes: number
  private readonly cut: Cut
  private readonly onHeld: (held: boolean) => void
  private runs: Array<Uint8Array> = []
  private bytes = 0
  private payloads: Array<Uint8Array> = []
  private head = 0
  private held = false
  private isWaking = false
  /** Memory for small runs, and how much of it is taken. */
  private shared: Uint8Array = emptyPayload
  private sharedTaken = 0

  /** `onHeld` is told when the capacity is reached, and when everything has been taken again. */
  constructor(capacityBytes: number, cut: Cut, onHeld: (held: boolean) => void) {
    this.capacityBytes = capacityBytes
    this.cut = cut
    this.onHeld = onHeld
  }

  push(run: Uint8Array): void {
    // One that is waited for is gone at the end of the turn.
    this.runs.push(this.readers.count() === 0 && pinsMore(run) ? this.packed(run) : run)
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

  shift(): Uint8Array | undefined {
    if (this.head === this.payloads.length) this.cutNext(1)
    const payload = this.payloads[this.head]
    if (payload === undefined) return undefined
    this.payloads[this.head++] = emptyPayload
    return payload
  }

  /** Many at once. */
  shiftSome(): Array<Uint8Array> | undefined {
    if (this.head === this.payloads.length) this.cutNext(payloadsAtOnce)
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

  private cutNext(atLeast: number): void {
    this.payloads = []
    this.head = 0
    let taken = 0
    for (const run of this.runs) {
      if (this.payloads.length >= atLeast) break
      this.cut(run, (payload) => this.payloads.push(payload))
      this.bytes -= costOf(run)
      taken++
    }
    this.runs.splice(0, taken)
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
