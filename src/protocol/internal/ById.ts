import { type Correlation, noFreeId } from "./Correlation.ts"
import type { Pending } from "./Pending.ts"

// The maximum number of remembered ids of abandoned requests. Without it, a server that never replies would fill the
// memory.
const remembered = 1024

/** Matches replies to requests by id. */
export class ById<In, Out, Id extends string | number> implements Correlation<In, Out, (id: Id) => Out, Id> {
  private readonly idOf: (message: In) => Id | undefined
  private readonly nextId: () => Id
  private readonly pending = new Map<Id, Pending<In, (id: Id) => Out, Id>>()
  /** The ids of abandoned requests, the oldest first. Their replies can still arrive. */
  private readonly abandoned = new Set<Id>()

  constructor(idOf: (message: In) => Id | undefined, nextId: () => Id) {
    this.idOf = idOf
    this.nextId = nextId
  }

  inFlight(): number {
    return this.pending.size
  }

  take(pending: Pending<In, (id: Id) => Out, Id>, ask: (id: Id) => Out): Out | typeof noFreeId {
    const id = this.freeId()
    if (id === undefined) return noFreeId
    // `ask` is a function of the program and may throw. The request must have no slot then, so `ask` runs first.
    const message = ask(id)
    pending.id = id
    this.pending.set(id, pending)
    return message
  }

  giveBack(pending: Pending<In, (id: Id) => Out, Id>): void {
    const { id } = pending
    if (id === undefined) return
    if (this.pending.get(id) === pending) this.pending.delete(id)
    // The request was abandoned while it was encoded.
    else this.abandoned.delete(id)
  }

  abandon(pending: Pending<In, (id: Id) => Out, Id>): void {
    const { id } = pending
    if (id === undefined || this.pending.get(id) !== pending) return
    this.pending.delete(id)
    this.abandoned.add(id)
    if (this.abandoned.size <= remembered) return
    const [oldest] = this.abandoned
    if (oldest !== undefined) this.abandoned.delete(oldest)
  }

  find(message: In): Pending<In, (id: Id) => Out, Id> | "late" | undefined {
    const id = this.idOf(message)
    if (id === undefined) return undefined
    const pending = this.pending.get(id)
    if (pending === undefined) return this.abandoned.delete(id) ? "late" : undefined
    if (!pending.accepts(message)) return undefined
    this.pending.delete(id)
    return pending
  }

  clear(): ReadonlyArray<Pending<In, (id: Id) => Out, Id>> {
    const left = [...this.pending.values()]
    this.pending.clear()
    return left
  }

  /**
   * Returns an id that no request in flight has, or `undefined` if every id is in flight. Takes the id of an abandoned
   * request only if no other id is free, because a late reply to the abandoned request would go to the new request.
   */
  private freeId(): Id | undefined {
    let spare: Id | undefined
    // A generator that counts through its ids returns each id in use at most once before a free id, so this many calls
    // suffice.
    for (let left = this.pending.size + this.abandoned.size + 1; left > 0; left--) {
      const id = this.nextId()
      if (this.pending.has(id)) continue
      if (!this.abandoned.has(id)) return id
      spare ??= id
    }
    if (spare !== undefined) this.abandoned.delete(spare)
    return spare
  }
}
