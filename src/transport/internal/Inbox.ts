import type * as Effect from "effect/Effect"
import { Waiters } from "../../runtime/Waiters.ts"

/**
 * The payloads that have arrived and were not taken. One reader waits at a time or several, nobody loses any: the
 * payloads stay here until they are taken in the same step in which they are handed out.
 */
export class Inbox {
  /** No payload follows those that are here. */
  ended = false
  private readonly capacityBytes: number
  private readonly onHeld: (held: boolean) => void
  private payloads: Array<Uint8Array> = []
  private head = 0
  private bytes = 0
  private held = false
  private readonly readers = new Waiters()

  /** `onHeld` is told when the capacity is reached, and when everything has been taken again. */
  constructor(capacityBytes: number, onHeld: (held: boolean) => void) {
    this.capacityBytes = capacityBytes
    this.onHeld = onHeld
  }

  push(payload: Uint8Array): void {
    this.payloads.push(payload)
    this.bytes += costOf(payload)
    if (!this.held && this.bytes >= this.capacityBytes) {
      this.held = true
      this.onHeld(true)
    }
    this.readers.wake()
  }

  end(): void {
    this.ended = true
    this.readers.wake()
  }

  shift(): Uint8Array | undefined {
    const payload = this.payloads[this.head]
    if (payload === undefined) return undefined
    this.payloads[this.head++] = emptyPayload
    this.bytes -= costOf(payload)
    if (this.head === this.payloads.length) this.emptied()
    return payload
  }

  shiftAll(): Array<Uint8Array> | undefined {
    if (this.payloads.length === 0) return undefined
    const all = this.head === 0 ? this.payloads : this.payloads.slice(this.head)
    this.bytes = 0
    this.emptied()
    return all
  }

  /** Waits until there is something to take, or nothing ever will be. */
  get filled(): Effect.Effect<void> {
    return this.readers.until(() => this.payloads.length > 0 || this.ended)
  }

  private emptied(): void {
    this.payloads = []
    this.head = 0
    if (!this.held) return
    this.held = false
    this.onHeld(false)
  }
}

const emptyPayload = new Uint8Array(0)

// Empty payloads take memory too: a peer that sends nothing but line ends must meet the limit.
const costOf = (payload: Uint8Array): number => payload.length + 32
