import { copyOf } from "../../../runtime/bytes.ts"
import type { Gap } from "./Gaps.ts"
import { messageBytes } from "./messageBytes.ts"
import type { Arrival } from "./Origins.ts"

type Held = Arrival | Gap

/** The frames and gaps that arrive while the hub blocks its publishers, in their order. */
export class HeldArrivals {
  private readonly all: Array<Held> = []
  private bytes = 0
  private isTaking = false
  private readonly mostBytes: number

  constructor(mostBytes: number) {
    this.mostBytes = mostBytes
  }

  /** Returns `false` if the bound leaves no room. */
  push(held: Held): boolean {
    const bytes = bytesOf(held)
    if (this.bytes + bytes > this.mostBytes) return false
    // The body is a view of everything that one read of the socket returned.
    this.all.push("body" in held ? { ...held, body: copyOf(held.body) } : held)
    this.bytes += bytes
    return true
  }

  /** Takes all, oldest first, while a condition holds. */
  takeWhile(condition: () => boolean, onArrival: (arrival: Arrival) => void, onGap: (gap: Gap) => void): void {
    // The hub can block and unblock the bridge within a publish. The call further up the stack then continues.
    if (this.isTaking) return
    this.isTaking = true
    let count = 0
    while (count < this.all.length && condition()) {
      const held = this.all[count++] as Held
      this.bytes -= bytesOf(held)
      if ("body" in held) onArrival(held)
      else onGap(held)
    }
    this.all.splice(0, count)
    this.isTaking = false
  }
}

const gapBytes = 100

const bytesOf = (held: Held): number => {
  if (!("body" in held)) return gapBytes
  return messageBytes(held.body) + (held.ends === undefined ? 0 : 8 * held.ends.length)
}
