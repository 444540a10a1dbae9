/** Contains a value, or `undefined` after the deletion of the value. */
interface Slot<V> {
  value: V | undefined
}

/**
 * A `Map` with numeric keys that releases a deleted value at once. When a `Map` in V8 grows, it leaves its old table to
 * the garbage collector. The old table points to its entries and to the next table. If the old table is in the old
 * generation of the heap, its entries and all later entries stay alive until the next full garbage collection. An empty
 * slot keeps no value alive.
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

  /** Deletes a value. Returns whether the key had a value. */
  delete(key: K): boolean {
    const slot = this.slots.get(key)
    if (slot === undefined) return false
    slot.value = undefined
    return this.slots.delete(key)
  }

  /**
   * Iterates over the values in the order of insertion. It includes values that are added during the iteration, and
   * skips values that are deleted during the iteration.
   */
  *[Symbol.iterator](): IterableIterator<V> {
    for (const { value } of this.slots.values()) if (value !== undefined) yield value
  }

  /** Calls `visit` with each value. It allocates no object per step, for hot paths. */
  forEach(visit: (value: V) => void): void {
    for (const { value } of this.slots.values()) if (value !== undefined) visit(value)
  }
}
