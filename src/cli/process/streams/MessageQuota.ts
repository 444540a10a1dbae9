/** Messages that were left out. */
export interface LeftOut {
  readonly messages: number
  readonly bytes: number
}

const none: LeftOut = { messages: 0, bytes: 0 }

const sum = (a: LeftOut, b: LeftOut): LeftOut => ({ messages: a.messages + b.messages, bytes: a.bytes + b.bytes })

/** How many messages wait in an output beside its data, and how many were left out. */
export class MessageQuota {
  private readonly bound: number
  // Where each ends in everything that the output has accepted, and its length.
  private waiting: Array<readonly [end: number, length: number]> = []
  private bytes = 0
  private leftOut = none
  // Left out, and about to be said.
  private telling = none
  private stalled = false

  /** `bound`: bytes that may wait. */
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

  leaveOut(length: number): void {
    this.stalled = true
    this.leftOut = sum(this.leftOut, { messages: 1, bytes: length })
  }

  /** The output has handed over so much of what it had accepted. */
  take(handedOver: number): void {
    let index = 0
    for (let next = this.waiting[0]; next !== undefined && next[0] <= handedOver; next = this.waiting[++index]) {
      this.bytes -= next[1]
    }
    if (index > 0) this.waiting.splice(0, index)
  }

  /** Whether messages were left out because the output stood still, and it has gone on since. */
  hasRoomAgain(): boolean {
    return this.stalled && this.bytes <= this.bound / 2
  }

  /** What is to be said about messages that were left out; nothing if there were none. */
  tell(): LeftOut | undefined {
    this.stalled = false
    if (this.leftOut.messages === 0) return undefined
    const { leftOut } = this
    this.telling = sum(this.telling, leftOut)
    this.leftOut = none
    return leftOut
  }

  /** Everything that waited has been written. */
  told(): void {
    this.telling = none
  }

  /** Nothing that waits can be written. */
  lose(): void {
    const lost = { messages: this.waiting.length, bytes: this.bytes }
    this.leftOut = sum(this.leftOut, sum(this.telling, lost))
    this.telling = none
    this.waiting = []
    this.bytes = 0
  }
}
