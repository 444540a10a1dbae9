/** Holds a value; empty after the deletion of the value. */
interface Slot<V> {
  value: V | undefined
}

/**
 * A `Map` with numeric keys that releases a deleted value at once. In V8, a `Map` that grows leaves its old table
 * behind, which points to the next table and to all its entries. If the old table is in the old generation of the heap,
 * its entries and all later ones stay alive until the next full garbage collection. The slots break these references.
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

  /** Deletes a value. Returns whether the key had one. */
  delete(key: K): boolean {
    const slot = this.slots.get(key)
    if (slot === undefined) return false
    slot.value = undefined
    return this.slots.delete(key)
  }

  /**
   * Iterates in the order of insertion. It includes values that are added meanwhile, and skips values deleted
   * meanwhile.
   */
  *[Symbol.iterator](): IterableIterator<V> {
    for (const { value } of this.slots.values()) if (value !== undefined) yield value
  }

  /** Iterates without an object per step, for hot paths. */
  forEach(visit: (value: V) => void): void {
    for (const { value } of this.slots.values()) if (value !== undefined) visit(value)
  }
}
