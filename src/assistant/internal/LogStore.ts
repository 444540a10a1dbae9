import type { ConnectionId } from "../../domain/index.ts"
import { ChunkMemory, columnBytes, EntryKind, LogChunk, type Note, noteBytes } from "./LogChunk.ts"
import { writeRecipients } from "./recipientList.ts"

// The maximum size of a chunk's data, bytes. The log drops one chunk at a time.
const mostChunkBytes = 256 * 1024
// The ratio of bytes to entries. With entries of 100 bytes, the bytes and the columns of a chunk fill up together.
const bytesPerEntry = 64
// The number of spare bytes in a chunk for one large run.
const slackBytes = 8192
const slackEntries = 128
// The minimum size limit of a log, bytes.
const leastLogBytes = 64 * 1024
// The maximum number of sender names. Rows of further senders look as if a user had sent them.
const mostNames = 4096

/** The position of an entry. */
export interface Place {
  readonly chunk: LogChunk
  readonly entry: number
}

/**
 * The entries of a log in order: runs of received frames, sent payloads and notes. Rows are numbered from 0 and keep
 * their numbers; a run has one row per frame. Memory is bounded: the log drops its oldest chunk as a whole and counts
 * the dropped rows. Appending never waits and never fails.
 */
export class LogStore {
  /** The number of the next row. */
  next = 0
  /** The number of rows that the log has dropped to stay below its limit. */
  dropped = 0
  /** The memory of the log, bytes. */
  bytes = 0
  readonly limit: number
  private readonly chunkBytes: number
  private readonly chunkEntries: number
  private readonly chunkMemory: number
  private chunks: Array<LogChunk> = []
  private nextEntry = 0
  /** The memory of the last dropped chunk, for the next one. */
  private spare: ChunkMemory | undefined
  private readonly names: Array<string> = [""]
  private readonly numbers = new Map<string, number>([["", 0]])
  /** Called when the log drops a chunk. */
  onDropped: (chunk: LogChunk) => void = () => {}

  constructor(limit: number) {
    this.limit = Math.max(leastLogBytes, limit)
    const share = Math.min(mostChunkBytes, Math.floor(this.limit / 8))
    this.chunkEntries = Math.floor(share / (bytesPerEntry + columnBytes))
    // The number of entries is a multiple of 4, so that each column and the data start at a multiple of 8 bytes.
    this.chunkEntries -= this.chunkEntries % 4
    this.chunkBytes = this.chunkEntries * bytesPerEntry
    this.chunkMemory = LogChunk.sizeOf(this.chunkBytes, this.chunkEntries)
  }

  /** The number of the first row in the log. */
  get first(): number {
    return this.chunks[0]?.firstRow ?? this.next
  }

  /** The numbers of the first entry in the log, and of the next one. */
  get firstEntry(): number {
    return this.chunks[0]?.firstEntry ?? this.nextEntry
  }

  get endEntry(): number {
    return this.nextEntry
  }

  get kept(): ReadonlyArray<LogChunk> {
    return this.chunks
  }

  /**
   * Appends a run of `frames` frames. `before` is the number of the last received entry of this client, or -1. Returns
   * the number of the new entry, or -1 if the run is larger than the log.
   */
  received(at: number, client: number, run: Uint8Array, frames: number, before: number): number {
    if (frames === 0) return before
    if (!this.isStorable(run.length)) return this.tooLarge(at, client, run.length)
    const chunk = this.chunkFor(run.length)
    const number = this.nextEntry
    this.write(chunk, at, client, EntryKind.received, before < 0 ? 0 : number - before, frames)
    chunk.data.set(run, chunk.used)
    chunk.used += run.length
    return number
  }

  /**
   * Appends a sent payload. `to` is `undefined` for a window with one peer. `by` names the sender; it is empty for a
   * user.
   */
  sent(at: number, to: ReadonlyArray<ConnectionId> | undefined, payload: Uint8Array, by: string): void {
    const list = to === undefined || to.length === 1 ? undefined : writeRecipients(to)
    const listBytes = list?.length ?? 0
    if (!this.isStorable(payload.length + listBytes)) {
      this.tooLarge(at, 0, payload.length)
      return
    }
    const chunk = this.chunkFor(payload.length + listBytes)
    this.write(
      chunk,
      at,
      list === undefined ? (to?.[0] ?? 0) : 0,
      EntryKind.sent | (this.numberOf(by) << 2),
      listBytes,
      1,
    )
    if (list !== undefined) chunk.data.set(list, chunk.used)
    chunk.data.set(payload, chunk.used + listBytes)
    chunk.used += listBytes + payload.length
  }

  /** Appends an announcement. */
  note(at: number, client: number, note: Note): void {
    const chunk = this.chunkFor(0)
    this.write(chunk, at, client, EntryKind.note, chunk.notes.length, 1)
    chunk.notes.push(note)
    this.bytes += noteBytes
    this.trim()
  }

  /** Removes all rows. They do not count as dropped. */
  clear(): void {
    for (const chunk of this.chunks) this.onDropped(chunk)
    this.chunks = []
    this.bytes = 0
  }

  /** The chunk that contains a row; `undefined` if the row was dropped or does not exist yet. */
  chunkOf(row: number): LogChunk | undefined {
    if (row < this.first || row >= this.next) return undefined
    return this.chunks[lastAtMost(this.chunks, row, (chunk) => chunk.firstRow)]
  }

  /** The position of an entry; `undefined` if it was dropped. */
  placeOf(entry: number): Place | undefined {
    if (entry < this.firstEntry || entry >= this.nextEntry) return undefined
    const chunk = this.chunks[lastAtMost(this.chunks, entry, (one) => one.firstEntry)]
    return chunk && { chunk, entry: entry - chunk.firstEntry }
  }

  nameOf(number: number): string {
    return this.names[number] ?? ""
  }

  private isStorable(length: number): boolean {
    return LogChunk.sizeOf(length + slackBytes, slackEntries) + this.chunkMemory <= this.limit
  }

  private tooLarge(at: number, client: number, length: number): number {
    this.note(at, client, { notice: { _tag: "NotKept", bytes: length, limit: this.limit }, tone: "problem" })
    return -1
  }

  private write(chunk: LogChunk, at: number, client: number, info: number, link: number, rows: number): void {
    const entry = chunk.entries++
    chunk.at[entry] = at
    chunk.client[entry] = client
    chunk.row[entry] = chunk.rows
    chunk.offset[entry] = chunk.used
    chunk.link[entry] = link
    chunk.info[entry] = info
    chunk.rows += rows
    this.next += rows
    this.nextEntry++
  }

  private chunkFor(length: number): LogChunk {
    const last = this.chunks[this.chunks.length - 1]
    if (last?.hasRoom(length) === true) return last
    const isLarge = length > this.chunkBytes / 2
    const chunk = isLarge ? this.large(length) : this.standard()
    this.chunks.push(chunk)
    this.bytes += chunk.bytes
    this.trim()
    return chunk
  }

  /** A chunk for one large run, with spare room for the small runs before the next large one. */
  private large(length: number): LogChunk {
    return new LogChunk(this.nextEntry, this.next, new ChunkMemory(length + slackBytes, slackEntries))
  }

  private standard(): LogChunk {
    const { spare } = this
    this.spare = undefined
    return new LogChunk(this.nextEntry, this.next, spare ?? new ChunkMemory(this.chunkBytes, this.chunkEntries))
  }

  private trim(): void {
    // The limit reserves room for the spare memory. Without this reserve, a dropped chunk would count again as spare
    // memory and cause a second drop.
    while (this.bytes > this.limit - this.chunkMemory && this.chunks.length > 1) {
      const oldest = this.chunks.shift() as LogChunk
      this.bytes -= oldest.bytes
      this.dropped += oldest.rows
      if (oldest.capacity === this.chunkEntries) this.spare = oldest.memory
      this.onDropped(oldest)
    }
  }

  private numberOf(name: string): number {
    const known = this.numbers.get(name)
    if (known !== undefined) return known
    if (this.names.length >= mostNames) return 0
    const number = this.names.push(name) - 1
    this.numbers.set(name, number)
    return number
  }
}

/** The index of the last sorted value that is at most `wanted`. */
const lastAtMost = <A>(values: ReadonlyArray<A>, wanted: number, of: (value: A) => number): number => {
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (of(values[middle] as A) <= wanted) low = middle
    else high = middle - 1
  }
  return low
}
