/** Where something is kept; empty once it has been taken out. */
interface Slot<V> {
  value: V | undefined
}

/**
 * What comes and goes by number, in the order in which it came. Like a `Map`, which it is made of, but what is taken out
 * is let go at once. A map that grows leaves its old table behind, with a pointer to the next one and to all that was in
 * it then. Once such a table has grown old enough for a full collection, everything in it is kept until that comes, and
 * so is all that ever comes after it.
 */
export class Registry<K extends number, V extends object> {
  private readonly slots = new Map<K, Slot<V>>()

  get size(): number {
    return this.slots.size
  }

  get(key: K): V | undefined {
    return this.slots.get(key)?.value
  }

  has(key: K): boolean {
    return this.slots.has(key)
  }

  set(key: K, value: V): void {
    this.slots.set(key, { value })
  }

  /** Whether it was there. */
  delete(key: K): boolean {
    const slot = this.slots.get(key)
    if (slot === undefined) return false
    slot.value = undefined
    return this.slots.delete(key)
  }

  /** Those who are there; who comes while they are gone through is gone through too, who goes is not. */
  *[Symbol.iterator](): IterableIterator<V> {
    for (const { value } of this.slots.values()) if (value !== undefined) yield value
  }

  /** The same without an object for each step, for hot paths. */
  forEach(visit: (value: V) => void): void {
    for (const { value } of this.slots.values()) if (value !== undefined) visit(value)
  }
}
