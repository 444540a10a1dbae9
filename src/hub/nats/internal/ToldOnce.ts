/** The keys that were told already. It keeps at most a number of keys, and then tells an old key again. */
export class ToldOnce {
  private readonly told = new Set<string>()
  private readonly most: number

  constructor(most: number) {
    this.most = most
  }

  /** Whether a key was not told yet. It counts as told from now on. */
  isFirst(key: string): boolean {
    if (this.told.has(key)) return false
    for (const oldest of this.told) {
      if (this.told.size < this.most) break
      this.told.delete(oldest)
    }
    this.told.add(key)
    return true
  }

  forget(key: string): void {
    this.told.delete(key)
  }

  clear(): void {
    this.told.clear()
  }
}
