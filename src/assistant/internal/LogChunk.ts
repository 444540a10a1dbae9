import type { ClientEvent, ServerEvent } from "../../domain/index.ts"
import type { Notice } from "./Notice.ts"

/** What an entry of a log is. */
export const EntryKind = { received: 0, sent: 1, note: 2 } as const
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind]

/** An announcement: an event, or a notice of the assistant. It is put into words when it is read. */
export type Note =
  | { readonly event: ServerEvent | ClientEvent }
  | { readonly notice: Notice; readonly tone: "plain" | "good" | "problem" }

// What a note takes, bytes: an event with two endpoints, measured generously.
export const noteBytes = 512

const columnBytes = 8 + 4 * 4 + 2

/** The memory of a chunk: bytes, and columns of numbers beside them. */
export class ChunkMemory {
  readonly data: Uint8Array
  /** Milliseconds since the epoch. */
  readonly at: Float64Array
  /** First row of the entry, from the first row of the chunk on. */
  readonly row: Uint32Array
  /** The client; 0: none, or several. */
  readonly client: Uint32Array
  readonly offset: Uint32Array
  /**
   * Received: how many entries back the last one of the same client is; 0: none. Sent: bytes of the list of recipients
   * before the payload. Note: its index.
   */
  readonly link: Uint32Array
  /** Kind in bits 0 and 1; the number of what sent it in the others. */
  readonly info: Uint16Array
  /** All of it. */
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
 * A piece of a log: entries one behind the other, each a run of whole frames, or a note. An entry costs no object. The
 * memory of a chunk that was dropped can be that of a new one.
 */
export class LogChunk {
  /** Number of the first entry, and of its first row. */
  readonly firstEntry: number
  readonly firstRow: number
  readonly memory: ChunkMemory
  readonly data: Uint8Array
  readonly capacity: number
  /** Bytes of `data` that are used. */
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

  /** Memory of a chunk without its notes, bytes. */
  static sizeOf(dataBytes: number, capacity: number): number {
    return columnBytes * capacity + dataBytes
  }

  /** What the chunk takes in all. */
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

  /** The bytes of an entry: a run as it came, or a payload. A view: it is valid until the chunk is dropped. */
  bytesOf(entry: number): Uint8Array {
    const from = this.offset[entry] as number
    const to = entry + 1 < this.entries ? (this.offset[entry + 1] as number) : this.used
    return this.data.subarray(this.kind(entry) === EntryKind.sent ? from + (this.link[entry] as number) : from, to)
  }

  noteOf(entry: number): Note {
    return this.notes[this.link[entry] as number] as Note
  }

  /** The list of recipients before a payload; empty for one recipient, whose number is in `client`. */
  recipientsOf(entry: number): Uint8Array {
    const from = this.offset[entry] as number
    return this.data.subarray(from, from + (this.link[entry] as number))
  }

  /** The entry that has a row, counted from `firstRow`. */
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
