/** What every event has. */
export interface Stamped {
  readonly _tag: string
  readonly seq: number
  readonly at: number
}

/** What the bus gives to an event: its number and its time. */
export type Stamp = Pick<Stamped, "seq" | "at">

/** Stands in a queue for events that were dropped there, one after another; `seq` and `at` are those of the last. */
export class Gap {
  readonly missed: number
  readonly seq: number
  readonly at: number

  constructor(missed: number, { seq, at }: Stamp) {
    this.missed = missed
    this.seq = seq
    this.at = at
  }
}

/** What an event that is no frame counts in a buffer, bytes. */
export const eventCost = 256

/** What an event counts in a buffer, bytes: 256, the payload of a frame, and 8 for each of its recipients. */
export const costOf = (event: object): number => {
  const bytes = "bytes" in event ? event.bytes : undefined
  const to = "to" in event ? event.to : undefined
  return eventCost + (bytes instanceof Uint8Array ? bytes.length : 0) + (Array.isArray(to) ? 8 * to.length : 0)
}

// Events of attempts: they can come without any limit, and no other event refers to them.
const attempts: ReadonlySet<string> = new Set([
  "ConnectionRefused",
  "AcceptFailed",
  "LookingUp",
  "Connecting",
  "ConnectFailed",
  "Reconnecting",
])

const isFrame = (event: object): boolean => "bytes" in event
const isAttempt = (event: Stamped): boolean => attempts.has(event._tag)
const isAny = (): boolean => true

/** The events that a subscriber has not taken, and the gaps among them. */
export class EventQueue<E extends Stamped> {
  private entries: Array<E | Gap> = []
  private gaps = 0
  /** What all entries count, bytes. */
  bytes = 0
  /** What the entries that are no frames count, bytes. */
  lifeBytes = 0

  get isEmpty(): boolean {
    return this.entries.length === 0
  }

  /** Adds an event with its cost. */
  push(event: E, cost: number, frame: boolean): void {
    this.entries.push(event)
    this.bytes += cost
    if (!frame) this.lifeBytes += cost
  }

  /** Drops the oldest entries until half of `most` bytes is left: one at a time would move all others for each event. */
  dropOldest(most: number): void {
    this.drop(isAny, () => this.bytes > most / 2)
  }

  /**
   * Drops frames until half of `most` bytes is left, the oldest first, then events of attempts. Other events of
   * connections are dropped only where they alone take three quarters.
   */
  dropFrames(most: number): void {
    this.drop(isFrame, () => this.bytes > most / 2)
    this.drop(isAttempt, () => this.bytes > most / 2)
    if (this.bytes > 0.75 * most) this.drop(isAny, () => this.bytes > most / 2)
  }

  /** Drops events that are no frames until they take half of `most` bytes, in the same order. */
  dropLives(most: number): void {
    this.drop(isAttempt, () => this.lifeBytes > most / 2)
    if (this.lifeBytes > 0.75 * most)
      this.drop(
        (event) => !isFrame(event),
        () => this.lifeBytes > most / 2,
      )
  }

  /** Takes everything, with `missedEvent` in the place of each gap. */
  take(missedEvent: (missed: number, stamp: Stamp) => E): Array<E> {
    const { entries, gaps } = this
    this.entries = []
    this.gaps = 0
    this.bytes = 0
    this.lifeBytes = 0
    return gaps === 0
      ? (entries as Array<E>)
      : entries.map((entry) => (entry instanceof Gap ? missedEvent(entry.missed, entry) : entry))
  }

  // The newest event stays, however large: a subscriber that keeps up gets it.
  private drop(isDroppable: (event: E) => boolean, isOver: () => boolean): void {
    if (!isOver()) return
    const kept: Array<E | Gap> = []
    const newest = this.entries.length - 1
    let gaps = 0
    for (const [index, entry] of this.entries.entries()) {
      let next = entry
      if (!(entry instanceof Gap) && index < newest && isOver() && isDroppable(entry)) {
        const cost = costOf(entry)
        this.bytes -= cost
        if (!isFrame(entry)) this.lifeBytes -= cost
        next = new Gap(1, entry)
      }
      const last = kept.at(-1)
      if (next instanceof Gap && last instanceof Gap) kept[kept.length - 1] = new Gap(last.missed + next.missed, next)
      else kept.push(next)
      if (next instanceof Gap && !(last instanceof Gap)) gaps++
    }
    this.entries = kept
    this.gaps = gaps
  }
}
