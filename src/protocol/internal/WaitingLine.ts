import type { Pending } from "./Pending.ts"

/** The place of a request in a {@link WaitingLine}. */
export interface Turn<In, Ask, Id> {
  readonly ask: Ask
  readonly pending: Pending<In, Ask, Id>
  previous: Turn<In, Ask, Id> | undefined
  next: Turn<In, Ask, Id> | undefined
}

/**
 * The unsent requests, the oldest first: a linked list, so a request can leave from any place in constant time. A `Set`
 * or `Map` walks over all deleted entries before its first entry, so as a queue it takes quadratic time. With 100 000
 * waiting requests it blocks the process for 5 s.
 */
export class WaitingLine<In, Ask, Id> {
  length = 0
  first: Turn<In, Ask, Id> | undefined
  private last: Turn<In, Ask, Id> | undefined

  add(ask: Ask, pending: Pending<In, Ask, Id>): void {
    const turn: Turn<In, Ask, Id> = { ask, pending, previous: this.last, next: undefined }
    if (this.last === undefined) this.first = turn
    else this.last.next = turn
    this.last = turn
    this.length++
    pending.turn = turn
  }

  /** Takes a request out of the line. Returns `false` if it was not there. */
  remove(pending: Pending<In, Ask, Id>): boolean {
    const { turn } = pending
    if (turn === undefined) return false
    if (turn.previous === undefined) this.first = turn.next
    else turn.previous.next = turn.next
    if (turn.next === undefined) this.last = turn.previous
    else turn.next.previous = turn.previous
    turn.previous = undefined
    turn.next = undefined
    this.length--
    pending.turn = undefined
    return true
  }
}
