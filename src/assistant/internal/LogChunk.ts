import type { ClientEvent, ServerEvent } from "../../domain/index.ts"

/** What an entry of a log is. */
export const EntryKind = { received: 0, sent: 1, note: 2 } as const
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind]

/** An announcement: an event, which is put into words when it is read, or words. */
export type Note =
  | { readonly event: ServerEvent | ClientEvent }
  | { readonly text: string; readonly tone: "plain" | "good" | "problem"; readonly client?: number }

// What a note takes, bytes: an event with two endpoints, measured generously.
export const noteBytes = 512

const columnBytes = 8 + 4 * 4 + 2

/**
 * A piece of a log: entries one behind the other, each a run of whole frames, or a note. Its memory is its own, allocated
 * once; columns of numbers stand beside the bytes, so that an entry costs no object.
 */
export class LogChunk {
  /** Number of the first entry, and of its first row. */
  readonly firstEntry: number
  readonly firstRow: number
  readonly data: Uint8Array
  readonly capacity: number
  /** Bytes of `data` that are used. */
  used = 0
  entries = 0
  rows = 0
  /** Milliseconds since the epoch. */
  readonly at: Float64Array
  /** First row of the entry, from `firstRow` on. */
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
  readonly notes: Array<Note> = []

  constructor(
    firstEntry: number,
    firstRow: number,
    dataBytes: number,
    capacity: number,
    memory: ArrayBuffer = new ArrayBuffer(LogChunk.sizeOf(dataBytes, capacity)),
  ) {
    this.firstEntry = firstEntry
    this.firstRow = firstRow
    this.capacity = capacity
    this.at = new Float64Array(memory, 0, capacity)
    this.row = new Uint32Array(memory, 8 * capacity, capacity)
    this.client = new Uint32Array(memory, 12 * capacity, capacity)
    this.offset = new Uint32Array(memory, 16 * capacity, capacity)
    this.link = new Uint32Array(memory, 20 * capacity, capacity)
    this.info = new Uint16Array(memory, 24 * capacity, capacity)
    this.data = new Uint8Array(memory, columnBytes * capacity, dataBytes)
  }

  /** Memory of a chunk without its notes, bytes. */
  static sizeOf(dataBytes: number, capacity: number): number {
    return columnBytes * capacity + dataBytes
  }

  get memory(): ArrayBuffer {
    return this.data.buffer as ArrayBuffer
  }

  /** What the chunk takes in all. */
  get bytes(): number {
    return this.memory.byteLength + this.notes.length * noteBytes
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

  /** The list of recipients before a payload; empty when there is one, who stands in `client`. */
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
