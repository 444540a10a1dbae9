import { BadArguments } from "./ending.ts"

const alphabet = Buffer.from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-", "latin1")

const digits = new Int8Array(256).fill(-1)
alphabet.forEach((character, value) => {
  digits[character] = value
})

export const lineFeed = 10
/** Bytes of publisher and sequence. */
export const headBytes = 9
const publisherBytes = 2
/** The publisher of the messages by which one learns that everybody is there. They count for nothing. */
export const helloPublisher = 4095
export const mostPublishers = 4095
const leastSize = 16
const mostSize = 1024 * 1024

const readDigits = (bytes: Uint8Array, from: number, to: number): number => {
  let number = 0
  for (let at = from; at < to; at++) {
    const value = digits[bytes[at] ?? 0] ?? -1
    if (value < 0) return -1
    number = number * 64 + value
  }
  return number
}

const writeDigits = (into: Uint8Array, from: number, to: number, number: number): void => {
  let left = number
  for (let at = to - 1; at >= from; at--) {
    into[at] = alphabet[left % 64] ?? 0
    left = Math.floor(left / 64)
  }
}

/** The publisher of a message; negative where it cannot be read. */
export const publisherAt = (bytes: Uint8Array, at: number): number => readDigits(bytes, at, at + publisherBytes)

/** The sequence number of a message; negative where it cannot be read. */
export const sequenceAt = (bytes: Uint8Array, at: number): number =>
  readDigits(bytes, at + publisherBytes, at + headBytes)

export const writeHead = (into: Uint8Array, at: number, publisher: number, sequence: number): void => {
  writeDigits(into, at, at + publisherBytes, publisher)
  writeDigits(into, at + publisherBytes, at + headBytes, sequence)
}

/** Messages of one size: publisher, sequence, filler that follows from both, LF. */
export class Messages {
  readonly size: number
  // The alphabet over and over: each filler is a piece of it.
  private readonly filler: Buffer

  constructor(size: number) {
    if (!Number.isInteger(size) || size < leastSize || size > mostSize)
      throw new BadArguments(`size must be from ${leastSize} to ${mostSize} bytes`)
    this.size = size
    this.filler = Buffer.alloc(size + 64, alphabet)
  }

  write(into: Buffer, at: number, publisher: number, sequence: number): void {
    writeHead(into, at, publisher, sequence)
    const from = fillerStart(publisher, sequence)
    this.filler.copy(into, at + headBytes, from, from + this.size - headBytes - 1)
    into[at + this.size - 1] = lineFeed
  }

  /** Whether what stands behind the head is what this message has to have there. */
  isContentRight(bytes: Buffer, at: number, publisher: number, sequence: number): boolean {
    const from = fillerStart(publisher, sequence)
    const end = at + this.size - 1
    return (
      bytes[end] === lineFeed &&
      this.filler.compare(bytes, at + headBytes, end, from, from + this.size - headBytes - 1) === 0
    )
  }
}

const fillerStart = (publisher: number, sequence: number): number =>
  (publisher * 7 + (sequence % 64) * 13 + headBytes) % 64
