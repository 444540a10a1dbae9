import { EntryKind, type LogChunk } from "./LogChunk.ts"
import type { LogReader } from "./LogReader.ts"
import type { LogCondition } from "./logCondition.ts"

// Frames that are looked at between two looks at the clock.
const frameStep = 64

/** The rows of one chunk that match: a bit for each. */
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

  /** Calls `each` with the rows of some matches, from the one of number `skip` on; rows count from the chunk's first. */
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
 * A search through a log that goes on where it stopped. It keeps a bit for each row, so all matches of a million rows take
 * 128 KiB at most. Matches are numbered from 0; those that fall out of the log keep their numbers.
 */
export class LogSearch {
  /** Number of the first match that is kept. */
  first = 0
  /** How many matches are kept. */
  count = 0
  /** Whether it has been at the end of the log. */
  isComplete = false
  private readonly reader: LogReader
  private readonly condition: LogCondition
  private readonly found: Array<Hits> = []
  /** The entry that is looked at next, and where in it. */
  private entry: number
  private frame = 0
  private offset = 0

  constructor(reader: LogReader, condition: LogCondition) {
    this.reader = reader
    this.condition = condition
    this.entry = reader.store.firstEntry
  }

  /** The same search, from the begin of the log. */
  anew(): LogSearch {
    return new LogSearch(this.reader, this.condition)
  }

  /** Looks on until the end of the log, or until a time of `performance.now()`. Whether it is at the end. */
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

  /** A chunk has fallen out of the log. */
  drop(chunk: LogChunk): void {
    const oldest = this.found[0]
    if (oldest?.chunk !== chunk) return
    this.found.shift()
    this.first += oldest.count
    this.count -= oldest.count
  }

  /** Calls `each` with the rows of the matches from a number on. */
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
    // Entries that are not admitted are passed over quickly.
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
