import type { ClientEvent, ServerEvent } from "../../domain/index.ts"
import type { Notice } from "./Notice.ts"

/** The kind of a log entry. */
export const EntryKind = { received: 0, sent: 1, note: 2 } as const
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind]

/** An announcement: an event, or a notice of the assistant. Its text is made when its row is read. */
export type Note =
  | { readonly event: ServerEvent | ClientEvent }
  | { readonly notice: Notice; readonly tone: "plain" | "good" | "problem" }

// The memory that the log counts for a note, bytes. It is a generous estimate for an event with two endpoints.
export const noteBytes = 512

/** The number of bytes that one entry uses in the columns. */
export const columnBytes = 8 + 4 * 4 + 2

/** The memory of a chunk: a block of bytes, and columns of numbers. */
export class ChunkMemory {
  readonly data: Uint8Array
  /** Milliseconds since the epoch. */
  readonly at: Float64Array
  /** The first row of the entry, counted from the first row of the chunk. */
  readonly row: Uint32Array
  /** The number of the client; 0 for none or several. */
  readonly client: Uint32Array
  readonly offset: Uint32Array
  /**
   * For a received entry: the distance to the last received entry of the same client; 0 if there is none. For a sent
   * entry: the length of the list of recipients before the payload, bytes. For a note: its index.
   */
  readonly link: Uint32Array
  /** The kind in bits 0 and 1; the number of the sender's name in the other bits. */
  readonly info: Uint16Array
  /** The size of the block and all columns, bytes. */
  readonly bytes: number

  constructor(dataBytes: number, capacity: number) {
    const memory = new ArrayBuffer(LogChunk.sizeOf(dataBytes, capacity))
    this.bytes = memory.byteLength
    this.at = new Float64Array(memory, 0, capacity)
    this.row = new Uint32Array(memory, 8 * capacity, capacity)
    this.client = new Uint32Array(memory, 12 * capacity, capacity)
    this.offset = new Uint32Array(memory, 16 * capacity, capacity)
    this.link = new Uint32Array(memory, 20 * capacity, capacity)
    this.info = new Uint16Array(memory, 24 * capacity, capacity)
    this.data = new Uint8Array(memory, columnBytes * capacity, dataBytes)
  }
}

/**
 * A part of a log: a sequence of entries. An entry is a run of whole frames, a sent payload, or a note. An entry needs
 * no object of its own. A new chunk can reuse the memory of a dropped chunk.
 */
export class LogChunk {
  /** The numbers of the first entry and of its first row. */
  readonly firstEntry: number
  readonly firstRow: number
  readonly memory: ChunkMemory
  readonly data: Uint8Array
  readonly capacity: number
  /** The number of used bytes of `data`. */
  used = 0
  entries = 0
  rows = 0
  readonly at: Float64Array
  readonly row: Uint32Array
  readonly client: Uint32Array
  readonly offset: Uint32Array
  readonly link: Uint32Array
  readonly info: Uint16Array
  readonly notes: Array<Note> = []

  constructor(firstEntry: number, firstRow: number, memory: ChunkMemory) {
    this.firstEntry = firstEntry
    this.firstRow = firstRow
    this.memory = memory
    this.capacity = memory.at.length
    this.at = memory.at
    this.row = memory.row
    this.client = memory.client
    this.offset = memory.offset
    this.link = memory.link
    this.info = memory.info
    this.data = memory.data
  }

  /** The memory of a chunk without its notes, bytes. */
  static sizeOf(dataBytes: number, capacity: number): number {
    return columnBytes * capacity + dataBytes
  }

  /** The memory of the chunk with its notes, bytes. */
  get bytes(): number {
    return this.memory.bytes + this.notes.length * noteBytes
  }

  hasRoom(bytes: number): boolean {
    return this.entries < this.capacity && this.used + bytes <= this.data.length
  }

  kind(entry: number): EntryKind {
    return ((this.info[entry] as number) & 3) as EntryKind
  }

  by(entry: number): number {
    return (this.info[entry] as number) >> 2
  }

  rowsOf(entry: number): number {
    const next = entry + 1 < this.entries ? (this.row[entry + 1] as number) : this.rows
    return next - (this.row[entry] as number)
  }

  /**
   * The bytes of an entry: the run as received, or the payload. The result is a view, valid until the chunk is dropped.
   */
  bytesOf(entry: number): Uint8Array {
    const from = this.offset[entry] as number
    const to = entry + 1 < this.entries ? (this.offset[entry + 1] as number) : this.used
    return this.data.subarray(this.kind(entry) === EntryKind.sent ? from + (this.link[entry] as number) : from, to)
  }

  noteOf(entry: number): Note {
    return this.notes[this.link[entry] as number] as Note
  }

  /**
   * The list of recipients before a payload. The list is empty for a single recipient; then `client` has its number.
   */
  recipientsOf(entry: number): Uint8Array {
    const from = this.offset[entry] as number
    return this.data.subarray(from, from + (this.link[entry] as number))
  }

  /** The entry that contains a row, counted from `firstRow`. */
  entryOf(row: number): number {
    let low = 0
    let high = this.entries - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.row[middle] as number) <= row) low = middle
      else high = middle - 1
    }
    return low
  }
}
