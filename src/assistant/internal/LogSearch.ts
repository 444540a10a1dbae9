import { EntryKind, type LogChunk } from "./LogChunk.ts"
import type { LogReader } from "./LogReader.ts"
import type { LogCondition } from "./logCondition.ts"

// The number of frames to test between two readings of the clock.
const frameStep = 64

/** The matching rows of one chunk, one bit per row. */
class Hits {
  readonly chunk: LogChunk
  count = 0
  private bits = new Uint8Array(64)

  constructor(chunk: LogChunk) {
    this.chunk = chunk
  }

  add(row: number): void {
    const index = row >> 3
    if (index >= this.bits.length) {
      const grown = new Uint8Array(Math.max(index + 1, this.bits.length * 2))
      grown.set(this.bits)
      this.bits = grown
    }
    this.bits[index] = (this.bits[index] as number) | (1 << (row & 7))
    this.count++
  }

  /**
   * Calls `each` with the rows of at most `most` matches, starting at the match number `skip`. Rows are counted from
   * the first row of the chunk.
   */
  each(skip: number, most: number, each: (row: number) => void): void {
    let left = skip
    let given = 0
    for (let index = 0; index < this.bits.length && given < most; index++) {
      const byte = this.bits[index] as number
      if (byte === 0) continue
      const ones = (byteOnes[byte >> 4] as number) + (byteOnes[byte & 15] as number)
      if (left >= ones) {
        left -= ones
        continue
      }
      for (let bit = 0; bit < 8 && given < most; bit++) {
        if ((byte & (1 << bit)) === 0) continue
        if (left > 0) left--
        else {
          each((index << 3) + bit)
          given++
        }
      }
    }
  }
}

const byteOnes = [0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4]

/**
 * A search through a log that can be continued. It keeps one bit per row, so all matches in a million rows take at most
 * 128 KiB. Matches are numbered from 0. A match keeps its number when the log drops older matches.
 */
export class LogSearch {
  /** The number of the first match that the log still contains. */
  first = 0
  /** The number of matches that the log still contains. */
  count = 0
  /** Whether the search has reached the end of the log at least once. */
  isComplete = false
  private readonly reader: LogReader
  private readonly condition: LogCondition
  private readonly found: Array<Hits> = []
  /** The next entry to test, and the position in it. */
  private entry: number
  private frame = 0
  private offset = 0

  constructor(reader: LogReader, condition: LogCondition) {
    this.reader = reader
    this.condition = condition
    this.entry = reader.store.firstEntry
  }

  /** A new search with the same condition, from the start of the log. */
  anew(): LogSearch {
    return new LogSearch(this.reader, this.condition)
  }

  /**
   * Continues until the end of the log or until a time of `performance.now()`. Returns whether it has reached the end.
   */
  advance(until: number): boolean {
    const { store } = this.reader
    if (this.entry < store.firstEntry) this.moveTo(store.firstEntry)
    let isInTime = true
    while (isInTime && this.entry < store.endEntry) {
      this.step()
      isInTime = performance.now() < until
    }
    if (this.entry < store.endEntry) return false
    this.isComplete = true
    return true
  }

  /** Removes the matches in a chunk that the log has dropped. */
  drop(chunk: LogChunk): void {
    const oldest = this.found[0]
    if (oldest?.chunk !== chunk) return
    this.found.shift()
    this.first += oldest.count
    this.count -= oldest.count
  }

  /** Calls `each` with the rows of at most `most` matches, starting at the match number `from`. */
  eachMatch(from: number, most: number, each: (row: number) => void): void {
    let skip = Math.max(0, from - this.first)
    let left = most
    for (const hits of this.found) {
      if (left <= 0) return
      if (skip < hits.count) {
        const given = Math.min(left, hits.count - skip)
        hits.each(skip, given, (row) => each(hits.chunk.firstRow + row))
        left -= given
        skip = 0
      } else skip -= hits.count
    }
  }

  private step(): void {
    const { condition, reader } = this
    const place = reader.store.placeOf(this.entry)
    if (place === undefined) {
      this.moveTo(this.entry + 1)
      return
    }
    const { chunk } = place
    let { entry } = place
    // Skips entries that cannot match.
    for (let passed = 0; passed < frameStep && !condition.admits(chunk, entry); passed++) {
      this.moveTo(this.entry + 1)
      entry++
      if (entry === chunk.entries) return
    }
    if (!condition.admits(chunk, entry)) return
    const first = chunk.row[entry] as number
    const rows = chunk.rowsOf(entry)
    if (condition.isOfEntries) {
      const hits = this.hitsOf(chunk)
      for (let row = first; row < first + rows; row++) hits.add(row)
      this.count += rows
      this.moveTo(this.entry + 1)
      return
    }
    const found = (row: number): void => {
      this.hitsOf(chunk).add(row)
      this.count++
    }
    if (chunk.kind(entry) === EntryKind.note) {
      if (condition.matches(chunk, entry, undefined)) found(first)
      this.moveTo(this.entry + 1)
      return
    }
    this.offset = reader.eachFrame(
      chunk,
      entry,
      this.frame,
      frameStep,
      (index, frame) => {
        if (condition.matches(chunk, entry, frame)) found(first + index)
      },
      this.offset,
    )
    this.frame += frameStep
    if (this.frame >= rows || this.offset >= chunk.bytesOf(entry).length) this.moveTo(this.entry + 1)
  }

  private moveTo(entry: number): void {
    this.entry = entry
    this.frame = 0
    this.offset = 0
  }

  private hitsOf(chunk: LogChunk): Hits {
    const last = this.found[this.found.length - 1]
    if (last?.chunk === chunk) return last
    const hits = new Hits(chunk)
    this.found.push(hits)
    return hits
  }
}
