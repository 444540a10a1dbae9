/** The kinds of records between the server and a worker. */
export const Kind = {
  /** Runs of whole frames from the hub of the sender. */
  hub: 1,
  /** The number of bytes of `hub` records that the hub of the receiver has taken: one number (u32). */
  hubTaken: 2,
  /** A payload to send to a connection: its ticket (u32), the payload. */
  send: 3,
  /** A run of a connection: its ticket (u32), the bytes. */
  run: 4,
  /** A payload that a worker has sent by itself: the ticket (u32), the payload. */
  sent: 5,
  /** The figures of connections: for each, {@link figureBytes} bytes. */
  figures: 6,
  /** A command or a report as JSON. */
  json: 7,
  /** The setup of a worker, as V8 serializes it. */
  setup: 8,
  /** The material of TLS for new connections, as V8 serializes it. */
  tls: 9,
} as const

/** The length of the figures of one connection: ticket (u32), flags (u8), received, sent and pending bytes (f64 each). */
export const figureBytes = 29

const headBytes = 5
const blockBytes = 64 * 1024
// Longer parts are passed on without a copy.
const copiedBytes = 16 * 1024

/** Builds records in memory. A record is its length without the head (u32), its kind (u8), and its body. */
export class RecordWriter {
  private parts: Array<Uint8Array> = []
  private block = Buffer.allocUnsafeSlow(blockBytes)
  private start = 0
  private at = 0
  /** The number of bytes since the last `take`. */
  length = 0

  /** Begins a record with a body of `bytes` bytes. */
  begin(kind: number, bytes: number): void {
    this.room(headBytes)
    this.at = this.block.writeUInt32LE(bytes, this.at)
    this.at = this.block.writeUInt8(kind, this.at)
    this.length += headBytes
  }

  u32(value: number): void {
    this.room(4)
    this.at = this.block.writeUInt32LE(value, this.at)
    this.length += 4
  }

  u8(value: number): void {
    this.room(1)
    this.at = this.block.writeUInt8(value, this.at)
    this.length++
  }

  f64(value: number): void {
    this.room(8)
    this.at = this.block.writeDoubleLE(value, this.at)
    this.length += 8
  }

  /** Adds bytes that the caller does not change afterwards. */
  bytes(bytes: Uint8Array): void {
    if (bytes.length > copiedBytes) {
      this.cut()
      this.parts.push(bytes)
    } else {
      this.room(bytes.length)
      this.block.set(bytes, this.at)
      this.at += bytes.length
    }
    this.length += bytes.length
  }

  /** Adds bytes whose memory the caller uses again. */
  copy(bytes: Uint8Array): void {
    this.bytes(bytes.length > copiedBytes ? bytes.slice() : bytes)
  }

  /** The parts since the last call, in order. */
  take(): ReadonlyArray<Uint8Array> {
    this.cut()
    const { parts } = this
    this.parts = []
    this.length = 0
    return parts
  }

  private cut(): void {
    if (this.at > this.start) this.parts.push(this.block.subarray(this.start, this.at))
    this.start = this.at
  }

  private room(bytes: number): void {
    if (this.at + bytes <= this.block.length) return
    this.cut()
    this.block = Buffer.allocUnsafeSlow(blockBytes)
    this.start = 0
    this.at = 0
  }
}

/** Reads records from the chunks of a stream. */
export class RecordReader {
  private readonly onRecord: (kind: number, body: Buffer) => void
  private chunks: Array<Buffer> = []
  private length = 0

  constructor(onRecord: (kind: number, body: Buffer) => void) {
    this.onRecord = onRecord
  }

  push(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.length += chunk.length
    if (this.length < this.needed()) return
    let rest = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks, this.length)
    while (rest.length >= headBytes) {
      const end = headBytes + rest.readUInt32LE(0)
      if (rest.length < end) break
      this.onRecord(rest.readUInt8(4), rest.subarray(headBytes, end))
      rest = rest.subarray(end)
    }
    this.chunks = rest.length === 0 ? [] : [rest]
    this.length = rest.length
  }

  /** The number of bytes of the first record, as far as it is known. */
  private needed(): number {
    const [first] = this.chunks
    if (first === undefined || this.length < headBytes) return headBytes
    if (first.length >= headBytes) return headBytes + first.readUInt32LE(0)
    return headBytes + Buffer.concat(this.chunks).readUInt32LE(0)
  }
}
