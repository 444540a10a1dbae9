import type { Duplex } from "node:stream"
import { Kind, RecordReader, RecordWriter } from "./Records.ts"

/** The callbacks of a channel. */
export interface ChannelOwner {
  readonly onRecord: (kind: number, body: Buffer) => void
  /** The kernel has taken the queued records. Called once after `isFull` was `true`. */
  readonly onDrained?: () => void
}

// The sender should stop while more than this many bytes wait for the other process.
const fullBytes = 1024 * 1024

/** The records between a server and one worker, in both directions. Records of one turn of the event loop share a write. */
export class Channel {
  private readonly socket: Duplex
  private readonly owner: ChannelOwner
  private readonly writer = new RecordWriter()
  private isArmed = false
  private isUrgent = false
  private isOver = false
  private isTold = true

  constructor(socket: Duplex, owner: ChannelOwner) {
    this.socket = socket
    this.owner = owner
    const reader = new RecordReader(owner.onRecord)
    socket.on("data", (chunk: Buffer) => reader.push(chunk))
    socket.on("drain", () => this.onDrained())
    // The end of the other process reports the failure.
    socket.on("error", () => this.close())
    socket.on("close", () => this.close())
  }

  /** Begins a record. The caller then adds `bytes` bytes to the writer that this returns. */
  begin(kind: number, bytes: number): RecordWriter {
    if (kind === Kind.hub) this.armUrgently()
    else if (!this.isArmed) {
      this.isArmed = true
      setImmediate(this.flushTurn)
    }
    this.writer.begin(kind, bytes)
    return this.writer
  }

  /** A hub delivers at the end of a turn, so its runs do not wait for the next one. The earlier records go with them. */
  private armUrgently(): void {
    if (this.isUrgent) return
    this.isUrgent = true
    queueMicrotask(this.flush)
  }

  json(value: object): void {
    const text = Buffer.from(JSON.stringify(value))
    this.begin(Kind.json, text.length).bytes(text)
  }

  /** The number of bytes that wait for the other process in this process. */
  get queuedBytes(): number {
    return this.isOver ? 0 : this.writer.length + this.socket.writableLength
  }

  /** Whether the sender should stop until `onDrained`. */
  isFull(): boolean {
    const full = this.queuedBytes > fullBytes
    if (full) this.isTold = false
    return full
  }

  /** Calls `done` when the kernel has taken all records. */
  whenWritten(done: () => void): void {
    this.flush()
    if (this.isOver) done()
    else this.socket.write("", () => done())
  }

  close(): void {
    this.isOver = true
    this.socket.destroy()
    this.onDrained()
  }

  private readonly flushTurn = (): void => {
    this.isArmed = false
    this.flush()
  }

  private readonly flush = (): void => {
    this.isUrgent = false
    const parts = this.writer.take()
    if (this.isOver || parts.length === 0) return
    this.socket.cork()
    for (const part of parts) this.socket.write(part)
    this.socket.uncork()
  }

  private onDrained(): void {
    if (this.isTold) return
    this.isTold = true
    this.owner.onDrained?.()
  }
}
