/** The fields of every event. */
export interface Stamped {
  readonly _tag: string
  readonly seq: number
  readonly at: number
}

/** The fields that the bus sets: the number and the time. */
export type Stamp = Pick<Stamped, "seq" | "at">

/** Replaces consecutive dropped events in a queue. `seq` and `at` come from the last dropped event. */
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

/** The cost of an event without a payload in a buffer, bytes. */
export const eventCost = 256

/** Returns the cost of an event in a buffer, bytes: 256, plus its payload, plus 8 for each recipient. */
export const costOf = (event: object): number => {
  const bytes = "bytes" in event ? event.bytes : undefined
  const to = "to" in event ? event.to : undefined
  return eventCost + (bytes instanceof Uint8Array ? bytes.length : 0) + (Array.isArray(to) ? 8 * to.length : 0)
}

// Events of attempts: their number is unlimited, and no other event refers to them.
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

/** The buffered events of a subscriber, and the gaps between them. */
export class EventQueue<E extends Stamped> {
  private entries: Array<E | Gap> = []
  private gaps = 0
  /** The cost of all entries, bytes. */
  bytes = 0
  /** The cost of all entries that are not frames, bytes. */
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

  /**
   * Drops the oldest events until half of `most` bytes is left. Dropping a single event would move all other events, so
   * the queue drops many events at once.
   */
  dropOldest(most: number): void {
    this.drop(isAny, () => this.bytes > most / 2)
  }

  /**
   * Drops the oldest frames, then the oldest events of attempts, until half of `most` bytes is left. Drops other events
   * of connections only if the remaining events still exceed three quarters of `most`.
   */
  dropFrames(most: number): void {
    this.drop(isFrame, () => this.bytes > most / 2)
    this.drop(isAttempt, () => this.bytes > most / 2)
    if (this.bytes > 0.75 * most) this.drop(isAny, () => this.bytes > most / 2)
  }

  /**
   * Drops events of attempts, then other events of connections, with the thresholds of {@link dropFrames}. Keeps all
   * frames.
   */
  dropLives(most: number): void {
    this.drop(isAttempt, () => this.lifeBytes > most / 2)
    if (this.lifeBytes > 0.75 * most)
      this.drop(
        (event) => !isFrame(event),
        () => this.lifeBytes > most / 2,
      )
  }

  /** Removes and returns all events. `missedEvent` makes the event that replaces a gap. */
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

  // The queue never drops the newest event, so that a subscriber that keeps up receives events of any size.
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
