import { headBytes, writeHead } from "./messages.ts"
import type { Records } from "./records.ts"

/** Messages after which the filler repeats itself. */
export const blockMessages = 64
/** Larger messages gain nothing from being compared together. */
const mostBytes = 512

/**
 * What 64 messages of a publisher look like, from a multiple of 64 on. Comparing these at once is what lets one process
 * check tens of millions of messages a second.
 */
export class Blocks {
  /** Bytes of a block; 0 where messages are too large for it to be worth while. */
  readonly size: number
  private readonly records: Records
  private readonly head = Buffer.alloc(headBytes)
  private readonly ofPublisher = new Map<number, Buffer>()

  constructor(records: Records) {
    this.records = records
    this.size = records.received.size > mostBytes ? 0 : records.received.size * blockMessages
  }

  /** Whether exactly these messages stand at a place. */
  isAt(bytes: Buffer, at: number, publisher: number, sequence: number): boolean {
    return bytes.compare(this.blockOf(publisher, sequence), 0, this.size, at, at + this.size) === 0
  }

  private blockOf(publisher: number, sequence: number): Buffer {
    const { received } = this.records
    const known = this.ofPublisher.get(publisher)
    if (known === undefined) {
      const block = Buffer.alloc(this.size)
      for (let at = 0; at < blockMessages; at++) received.write(block, at * received.size, publisher, sequence + at)
      this.ofPublisher.set(publisher, block)
      return block
    }
    this.moveTo(known, publisher, sequence)
    return known
  }

  /** Heads differ in their last digit, which counts the messages of the block; of the others mostly one changes. */
  private moveTo(block: Buffer, publisher: number, sequence: number): void {
    const { head, size } = this.records.received
    writeHead(this.head, 0, publisher, sequence)
    for (let digit = 0; digit < headBytes - 1; digit++) {
      const character = this.head[digit] ?? 0
      const first = head.length + digit
      if (block[first] === character) continue
      for (let at = first; at < block.length; at += size) block[at] = character
    }
  }
}
