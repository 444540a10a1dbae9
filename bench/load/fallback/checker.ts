import { type Blocks, blockMessages } from "./blocks.ts"
import { Gaps } from "./gaps.ts"
import { helloPublisher, lineFeed, publisherAt, sequenceAt } from "./messages.ts"
import type { Records } from "./records.ts"

/** What a subscriber found in what it was sent. */
export class Counts {
  /** Different messages that are right. */
  received = 0
  doubled = 0
  reordered = 0
  corrupt = 0
  torn = 0
  own = 0
  /** A later message of the same publisher has come, this one has not. */
  missing = 0

  add(other: Counts): void {
    this.received += other.received
    this.doubled += other.doubled
    this.reordered += other.reordered
    this.corrupt += other.corrupt
    this.torn += other.torn
    this.own += other.own
    this.missing += other.missing
  }
}

export interface CheckerOptions {
  readonly records: Records
  /** Shared by all checkers of a work. */
  readonly blocks: Blocks
  readonly publishers: number
  /** How many messages a publisher has sent so far. What is beyond nobody has sent. */
  readonly sentBy: (publisher: number) => number
  /** The publisher whose messages must not come, because they are its own. */
  readonly self?: number
  /** Told each different message that is right. */
  readonly onMessage?: (publisher: number, sequence: number) => void
  /** Called when the server asks whether anybody is there. */
  readonly onPing?: () => void
}

/** What has come of one publisher. */
interface Track {
  next: number
  gaps: Gaps | undefined
}

const ping = Buffer.from("PING\r\n", "latin1")

/** What one subscriber gets, checked: whole, right, once, in the order of its publisher, and not its own. */
export class Checker {
  readonly counts = new Counts()
  heardHello = false
  private readonly options: CheckerOptions
  private readonly tracks: ReadonlyArray<Track>
  // The beginning of a record whose rest has not come yet.
  private readonly rest: Buffer
  private restBytes = 0
  // Something was of a wrong length: counted once, and passed over up to where a record begins for sure.
  private outOfStep = false

  constructor(options: CheckerOptions) {
    this.options = options
    this.tracks = Array.from({ length: options.publishers }, () => ({ next: 0, gaps: undefined }))
    this.rest = Buffer.alloc(2 * options.records.received.size + ping.length)
  }

  /** Checks what a read gave: the bytes up to a length. Nothing of the buffer is kept. */
  feed(bytes: Buffer, length: number): void {
    let from = 0
    while (this.restBytes > 0 && from < length) {
      const held = this.restBytes
      const room = Math.min(this.rest.length - held, length - from)
      bytes.copy(this.rest, held, from, from + room)
      const taken = this.checkAll(this.rest, 0, held + room)
      if (taken >= held) {
        from += taken - held
        this.restBytes = 0
      } else {
        this.rest.copyWithin(0, taken, held + room)
        this.restBytes = held + room - taken
        from += room
      }
    }
    if (from === length) return
    from += this.checkAll(bytes, from, length)
    bytes.copy(this.rest, 0, from, length)
    this.restBytes = length - from
  }

  /** Bytes that were checked; behind them stands the beginning of a record, shorter than two. */
  private checkAll(bytes: Buffer, from: number, to: number): number {
    const isPlain = this.options.records.protocol === "raw"
    let at = from
    while (at < to) {
      const block = this.checkBlock(bytes, at, to)
      const taken = block > 0 ? block : isPlain ? this.checkLine(bytes, at, to) : this.checkRecord(bytes, at, to)
      if (taken === 0) break
      at += taken
    }
    return at - from
  }

  /** Bytes of 64 messages that are just the next ones, as nearly all are; 0 where it is not so, or not worth a look. */
  private checkBlock(bytes: Buffer, at: number, to: number): number {
    const { blocks, records, self, sentBy, onMessage } = this.options
    if (blocks.size === 0 || to - at < blocks.size || this.outOfStep) return 0
    const publisher = publisherAt(bytes, at + records.received.head.length)
    const track = this.tracks[publisher]
    if (track === undefined || publisher === self || track.next % blockMessages !== 0) return 0
    if (track.next + blockMessages > sentBy(publisher)) return 0
    // Where publishers take turns, the last message of the block is another's.
    const last = at + blocks.size - records.received.size + records.received.head.length
    if (publisherAt(bytes, last) !== publisher || !blocks.isAt(bytes, at, publisher, track.next)) return 0
    const first = track.next
    track.next += blockMessages
    this.counts.received += blockMessages
    if (onMessage !== undefined)
      for (let sequence = first; sequence < track.next; sequence++) onMessage(publisher, sequence)
    return blocks.size
  }

  /** Bytes of the line at a place; 0 while its end has not come. */
  private checkLine(bytes: Buffer, at: number, to: number): number {
    const { size } = this.options.records.messages
    const found = bytes.indexOf(lineFeed, at)
    const end = found < 0 || found >= to ? undefined : found + 1
    if (end === undefined && !this.outOfStep && to - at < 2 * size) return 0
    const length = (end ?? to) - at
    if (!this.outOfStep) {
      if (length === size) this.checkMessage(bytes, at)
      else this.counts.torn++
    }
    this.outOfStep = end === undefined
    return length
  }

  /** Bytes of the record at a place; 0 while its end has not come. */
  private checkRecord(bytes: Buffer, at: number, to: number): number {
    const { records, onPing } = this.options
    const { head, tail, size } = records.received
    if (beginsWith(bytes, at, to, head)) {
      if (to - at < size) return 0
      if (beginsWith(bytes, at + size - tail.length, to, tail)) {
        this.outOfStep = false
        this.checkMessage(bytes, at + head.length)
        return size
      }
    } else if (records.protocol === "nats" && beginsWith(bytes, at, to, ping)) {
      if (to - at < ping.length) return 0
      this.outOfStep = false
      onPing?.()
      return ping.length
    }
    if (!this.outOfStep) this.counts.torn++
    this.outOfStep = true
    const next = bytes.subarray(at + 1, to).indexOf(head)
    // The end may be a part of the next head.
    return next >= 0 ? next + 1 : Math.max(1, to - at - head.length + 1)
  }

  /** A message that is as long as it has to be. */
  private checkMessage(bytes: Buffer, at: number): void {
    const { counts } = this
    const { records, self, sentBy } = this.options
    const publisher = publisherAt(bytes, at)
    const sequence = sequenceAt(bytes, at)
    const track = this.tracks[publisher]
    const isRight =
      (track !== undefined || publisher === helloPublisher) &&
      sequence >= 0 &&
      records.messages.isContentRight(bytes, at, publisher, sequence)
    if (!isRight) counts.corrupt++
    else if (track === undefined) this.heardHello = true
    // However right it looks: what its publisher has not sent yet must not stand in for something that was lost.
    else if (sequence >= sentBy(publisher)) counts.corrupt++
    else if (publisher === self) counts.own++
    else this.follow(track, publisher, sequence)
  }

  private follow(track: Track, publisher: number, sequence: number): void {
    if (sequence >= track.next) {
      if (sequence > track.next) {
        track.gaps ??= new Gaps()
        track.gaps.open(track.next, sequence)
        this.counts.missing += sequence - track.next
      }
      track.next = sequence + 1
    } else if (track.gaps?.take(sequence)) {
      this.counts.reordered++
      this.counts.missing--
    } else {
      this.counts.doubled++
      return
    }
    this.counts.received++
    this.options.onMessage?.(publisher, sequence)
  }
}

/** Whether a text stands at a place, or the beginning of it as far as bytes have come. */
const beginsWith = (bytes: Buffer, at: number, to: number, text: Buffer): boolean => {
  const length = Math.min(text.length, to - at)
  return bytes.compare(text, 0, length, at, at + length) === 0
}
