import type { Correlation } from "./Correlation.ts"
import type { Pending } from "./Pending.ts"

// The minimum number of answered slots at the head of the queue before their memory is freed. Freeing copies the other
// slots, so the answered slots must also be more than half of the queue.
const cutAfter = 64

/** Matches replies to requests by their order. An abandoned request keeps its slot until its reply arrives. */
export class InOrder<In, Out> implements Correlation<In, Out, Out, never> {
  private queue: Array<Pending<In, Out, never> | undefined> = []
  private head = 0

  inFlight(): number {
    return this.queue.length - this.head
  }

  take(pending: Pending<In, Out, never>, message: Out): Out {
    this.queue.push(pending)
    return message
  }

  giveBack(pending: Pending<In, Out, never>): void {
    // Requests are sent one after the other, so a request that could not be sent has the last slot.
    if (this.inFlight() > 0 && this.queue.at(-1) === pending) this.queue.pop()
  }

  abandon(): void {}

  find(message: In): Pending<In, Out, never> | "late" | undefined {
    const first = this.queue[this.head]
    if (first === undefined) return undefined
    const isLate = first.hasEnded()
    if (!first.accepts(message)) return undefined
    this.queue[this.head++] = undefined
    if (this.head >= cutAfter && this.head * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.head)
      this.head = 0
    }
    return isLate ? "late" : first
  }

  clear(): ReadonlyArray<Pending<In, Out, never>> {
    const left = this.queue.filter((pending) => pending !== undefined)
    this.queue = []
    this.head = 0
    return left
  }
}
