const none: ReadonlySet<never> = new Set<never>()

/** A set that takes no memory for its values until it gets the first one. For objects of which a program has thousands. */
export class LazySet<T> {
  private values: Set<T> | undefined

  get size(): number {
    return this.values?.size ?? 0
  }

  has(value: T): boolean {
    return this.values?.has(value) === true
  }

  add(value: T): void {
    this.values ??= new Set()
    this.values.add(value)
  }

  delete(value: T): void {
    this.values?.delete(value)
  }

  [Symbol.iterator](): IterableIterator<T> {
    return (this.values ?? none).values()
  }
}
