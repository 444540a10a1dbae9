import { writeHexDump } from "../../domain/assistant/writeHexDump.ts"
import { ByteWriter } from "../../domain/ByteWriter.ts"
import { counted } from "../../domain/counted.ts"
import { allocate } from "../../runtime/bytes.ts"
import { formatDate, formatTime } from "../output/format.ts"
import type { Pieces } from "../process/streams/Sink.ts"

/** A part of a file, ready to be written. */
export interface Part {
  readonly pieces: Pieces
  /** The number of bytes of traffic in this part. */
  readonly traffic: number
  /** The memory that the traffic of this part takes, in bytes. */
  readonly cost: number
}

/** Traffic that waits until it is written to a file. */
export interface TrafficQueue {
  /** Adds a copy of some bytes. `who` names the client and the direction, as in `#1 <`. Returns the memory in bytes. */
  readonly add: (bytes: Uint8Array, who: string, at: number) => number
  /** Records that `count` bytes are missing at this place. */
  readonly leaveOut: (count: number) => void
  /** Removes the next part. Undefined if nothing waits. */
  readonly take: () => Part | undefined
}

// A shorter run of bytes is copied into a buffer with its neighbours: few large pieces cost less than many small ones.
const worthItsOwnPiece = 32 * 1024
const fullPiece = 256 * 1024
// A part is larger than the bytes that usually arrive in one turn of the event loop, so that the files keep up.
const fullPart = 16 * 1024 * 1024

/** The received bytes, one after the other. */
export class RawQueue implements TrafficQueue {
  private pieces: Array<Uint8Array> = []
  private readonly writer = new ByteWriter(allocate)

  add(bytes: Uint8Array): number {
    this.writer.bytes(bytes)
    if (bytes.length >= worthItsOwnPiece || this.writer.length >= fullPiece) this.seal()
    return bytes.length
  }

  leaveOut(): void {}

  take(): Part | undefined {
    if (this.pieces.length === 0) this.seal()
    const pieces: Array<Uint8Array> = []
    let bytes = 0
    for (const piece of this.pieces) {
      if (bytes >= fullPart) break
      pieces.push(piece)
      bytes += piece.length
    }
    this.pieces.splice(0, pieces.length)
    return bytes === 0 ? undefined : { pieces, traffic: bytes, cost: bytes }
  }

  private seal(): void {
    if (this.writer.length > 0) this.pieces.push(this.writer.take())
  }
}

/** Bytes that arrived together, or a gap. */
interface Block {
  readonly at: number
  readonly who: string
  /** Undefined for a gap of `count` bytes. */
  readonly bytes: Uint8Array | undefined
  count: number
}

// The memory, in bytes, that a block takes in addition to its traffic.
const blockCost = 256
// The number of bytes that one turn of the event loop formats as a dump, in about 15 ms. A socket delivers at most this
// many bytes in a turn. The dump is five times as long as the bytes.
const fullDump = 2 * 1024 * 1024

/** Hex dumps of blocks, each below a line with time, client, direction and length. */
export class HexQueue implements TrafficQueue {
  private blocks: Array<Block> = []
  private next = 0
  // The position in the next block.
  private offset = 0
  private last = { at: Number.NaN, text: "" }

  add(bytes: Uint8Array, who: string, at: number): number {
    this.blocks.push({ at, who, bytes: Buffer.from(bytes), count: bytes.length })
    return bytes.length + blockCost
  }

  leaveOut(count: number): void {
    const last = this.blocks.at(-1)
    if (last !== undefined && last.bytes === undefined && this.next < this.blocks.length) last.count += count
    else this.blocks.push({ at: Date.now(), who: "", bytes: undefined, count })
  }

  take(): Part | undefined {
    const { blocks } = this
    if (this.next === blocks.length) return undefined
    const out = new ByteWriter(allocate)
    let traffic = 0
    let cost = 0
    while (this.next < blocks.length && traffic < fullDump) {
      const block = blocks[this.next] as Block
      const { bytes } = block
      if (bytes === undefined) out.text(`${this.stampOf(block.at)} ${counted(block.count, "byte")} left out here\n`)
      else {
        if (this.offset === 0) out.text(`${this.stampOf(block.at)} ${block.who} ${counted(bytes.length, "byte")}\n`)
        const end = Math.min(bytes.length, this.offset + fullDump)
        writeHexDump(bytes.subarray(this.offset, end), this.offset, out)
        traffic += end - this.offset
        this.offset = end
        if (end < bytes.length) break
        cost += bytes.length + blockCost
      }
      this.offset = 0
      this.next++
    }
    // Removing the first of many elements moves all others, so finished elements are removed only when they are half of
    // the list.
    if (this.next > blocks.length / 2) {
      this.blocks = blocks.slice(this.next)
      this.next = 0
    }
    return { pieces: [out.take()], traffic, cost }
  }

  private stampOf(at: number): string {
    if (at !== this.last.at) this.last = { at, text: `${formatDate(at)} ${formatTime(at)}` }
    return this.last.text
  }
}
