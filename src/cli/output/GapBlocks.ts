/** How items form blocks. */
export interface BlockRules<T> {
  /** Returns the stream of an item of received data, or `undefined` for any other item. */
  readonly streamOf: (item: T) => number | undefined
  /** The time of an item, milliseconds. */
  readonly at: (item: T) => number
  readonly bytes: (item: T) => number
  /** Returns the streams whose received data must be shown before an item that is not received data. */
  readonly streamsBefore: (item: T) => ReadonlyArray<number> | "all"
  /** Joins the items of a block. */
  readonly join: (items: readonly [T, ...Array<T>]) => T
  /** The gap, milliseconds. */
  readonly gapMillis: number
  /** The size of the largest block, bytes. A longer block is split. */
  readonly mostBytes: number
}

interface Block<T> {
  readonly items: [T, ...Array<T>]
  bytes: number
  lastAt: number
}

/**
 * Joins received data into blocks: data that arrives within a gap after the previous data belongs to the same block. A
 * block is kept until the gap is over. Blocks of several streams do not split each other.
 */
export class GapBlocks<T> {
  private readonly rules: BlockRules<T>
  // The incomplete blocks, in the order of their first items.
  private readonly held = new Map<number, Block<T>>()

  constructor(rules: BlockRules<T>) {
    this.rules = rules
  }

  /** Adds items, and returns the items and blocks that are complete. */
  push(items: Iterable<T>): ReadonlyArray<T> {
    const { rules } = this
    const done: Array<T> = []
    for (const item of items) {
      const stream = rules.streamOf(item)
      if (stream === undefined) {
        const before = this.held.size === 0 ? [] : rules.streamsBefore(item)
        for (const one of before === "all" ? [...this.held.keys()] : before) this.end(one, done)
        done.push(item)
        continue
      }
      const [at, bytes] = [rules.at(item), rules.bytes(item)]
      const block = this.held.get(stream)
      if (block !== undefined && at - block.lastAt <= rules.gapMillis && block.bytes + bytes <= rules.mostBytes) {
        block.items.push(item)
        block.bytes += bytes
        block.lastAt = at
        continue
      }
      this.end(stream, done)
      this.held.set(stream, { items: [item], bytes, lastAt: at })
    }
    return done
  }

  /**
   * The time until the first block is complete, if no other data arrives; `undefined` if there is no incomplete block.
   */
  millisLeft(now: number): number | undefined {
    let least: number | undefined
    for (const { lastAt } of this.held.values()) {
      // If the system clock is set back, the block must not be kept for longer than the gap.
      const left = Math.min(this.rules.gapMillis, Math.max(0, lastAt + this.rules.gapMillis - now))
      least = Math.min(least ?? left, left)
    }
    return least
  }

  /** Returns the blocks that are complete because no data has arrived within the gap. */
  pause(now: number): ReadonlyArray<T> {
    const done: Array<T> = []
    for (const [stream, { lastAt }] of this.held) {
      const since = now - lastAt
      if (since >= this.rules.gapMillis || since < 0) this.end(stream, done)
    }
    return done
  }

  /** Returns all held blocks. */
  endAll(): ReadonlyArray<T> {
    const done: Array<T> = []
    for (const stream of this.held.keys()) this.end(stream, done)
    return done
  }

  private end(stream: number, done: Array<T>): void {
    const block = this.held.get(stream)
    if (block === undefined) return
    this.held.delete(stream)
    const [first, ...more] = block.items
    done.push(more.length === 0 ? first : this.rules.join(block.items))
  }
}
