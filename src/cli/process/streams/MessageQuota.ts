/** The number of dropped messages and of their bytes. */
export interface Dropped {
  readonly messages: number
  readonly bytes: number
}

const none: Dropped = { messages: 0, bytes: 0 }

const sum = (a: Dropped, b: Dropped): Dropped => ({ messages: a.messages + b.messages, bytes: a.bytes + b.bytes })

/**
 * Counts the queued messages of an output, and the dropped messages. The queue of the output also has data, which does
 * not count here.
 */
export class MessageQuota {
  private readonly bound: number
  // The end and the length of each message. The end is a position in all bytes that the output has accepted.
  private waiting: Array<readonly [end: number, length: number]> = []
  private bytes = 0
  private dropped = none
  // Dropped messages whose report still waits in the output.
  private reporting = none
  private stalled = false

  /** `bound` is the number of bytes that may wait. */
  constructor(bound: number) {
    this.bound = bound
  }

  isFull(): boolean {
    return this.bytes > this.bound
  }

  add(end: number, length: number): void {
    this.waiting.push([end, length])
    this.bytes += length
  }

  drop(length: number): void {
    this.stalled = true
    this.dropped = sum(this.dropped, { messages: 1, bytes: length })
  }

  /**
   * Removes the messages that end within the first `handedOver` bytes of the output, because they are no longer
   * pending.
   */
  take(handedOver: number): void {
    let index = 0
    for (let next = this.waiting[0]; next !== undefined && next[0] <= handedOver; next = this.waiting[++index]) {
      this.bytes -= next[1]
    }
    if (index > 0) this.waiting.splice(0, index)
  }

  /** Whether messages were dropped because the output was full, and the output has room again. */
  hasRoomAgain(): boolean {
    return this.stalled && this.bytes <= this.bound / 2
  }

  /** Returns the messages that were dropped since the last report. Undefined if no message was dropped. */
  report(): Dropped | undefined {
    this.stalled = false
    if (this.dropped.messages === 0) return undefined
    const { dropped } = this
    this.reporting = sum(this.reporting, dropped)
    this.dropped = none
    return dropped
  }

  /** Marks the reports of dropped messages as written. */
  reported(): void {
    this.reporting = none
  }

  /** Drops all waiting messages, because they cannot be written. */
  lose(): void {
    const lost = { messages: this.waiting.length, bytes: this.bytes }
    this.dropped = sum(this.dropped, sum(this.reporting, lost))
    this.reporting = none
    this.waiting = []
    this.bytes = 0
  }
}
