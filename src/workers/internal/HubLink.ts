import type { Framing } from "../../domain/index.ts"
import type { HubMember, HubPort, HubSink } from "../../hub/index.ts"
import type { Channel } from "./Channel.ts"
import { Kind } from "./Records.ts"

// The most bytes on their way to the hub at the other end, which has not acknowledged them. They cover a few turns of the
// event loops of both processes.
const windowBytes = 1024 * 1024
// The bytes that wait in the hub for the other process before publishers wait.
const budgetBytes = 8 * 1024 * 1024

interface Mark {
  readonly sent: number
  readonly done: () => void
}

/**
 * Joins a hub to the hub at the other end of a channel, as one member of each. A member does not get its own runs, so no
 * run returns. A channel neither loses nor reorders bytes, so the runs need no numbers.
 *
 * The receiver acknowledges the bytes that its hub has taken. While its hub blocks the link, the receiver acknowledges
 * nothing, so the sender stops at the window, and then the publishers of the sender wait. A hub never blocks the link for
 * the queue of the link itself, so two full queues in opposite directions cannot stop each other.
 */
export class HubLink implements HubSink {
  readonly needsPublisher: boolean
  private readonly channel: Channel
  private readonly member: HubMember
  private sent = 0
  private taken = 0
  private isFull = false
  private isBlocked = false
  private unacknowledged = 0
  private isOver = false
  /** The callers of `whenPassed`, each with the number of sent bytes that it waits for. */
  private readonly marks: Array<Mark> = []

  constructor(hub: HubPort, channel: Channel, framing: Framing.Framing) {
    this.channel = channel
    // With such a framing, only the limits of a run say where a frame ends.
    this.needsPublisher = framing.delimited === false
    this.member = hub.attach(this, { budgetBytes, slowConsumer: "block" })
  }

  // --- from the hub

  deliver(bytes: Uint8Array): boolean {
    this.channel.begin(Kind.hub, bytes.length).bytes(bytes)
    this.sent += bytes.length
    return this.isReady()
  }

  cork(): void {}

  uncork(): boolean {
    return this.isReady()
  }

  private isReady(): boolean {
    this.isFull = this.pending() >= windowBytes
    return !this.isFull
  }

  pending(): number {
    return this.isOver ? 0 : this.sent - this.taken
  }

  progress(): number {
    return this.taken
  }

  // The policy of the link is `block`.
  onOverflow(): void {}
  onDropped(): void {}
  onStalled(): void {}
  onRecovered(): void {}
  onFailed(): void {}
  onHubEnded(): void {}

  onBlocked(): void {
    this.isBlocked = true
  }

  onUnblocked(): void {
    this.isBlocked = false
    this.acknowledge()
  }

  // --- from the channel

  /** Calls `done` when the hub has passed all runs that were published before this call to the channel. */
  whenPassed(done: () => void): void {
    if (!this.isOver) this.member.flush()
    this.marks.push({ sent: this.sent + this.queued(), done })
    this.checkMarks()
  }

  /** The number of bytes that the hub has not passed to the channel yet. It includes runs of the link itself. */
  private queued(): number {
    return this.isOver ? 0 : this.member.pending() - this.pending()
  }

  private checkMarks(): void {
    const isEmpty = this.queued() === 0
    for (let mark = this.marks[0]; mark !== undefined; mark = this.marks[0]) {
      if (!isEmpty && this.sent < mark.sent) break
      this.marks.shift()
      mark.done()
    }
  }

  receive(run: Uint8Array): void {
    this.unacknowledged += run.length
    this.member.publish(run)
    if (!this.isBlocked) this.acknowledge()
  }

  onTaken(bytes: number): void {
    this.taken += bytes
    if (!this.isFull || this.pending() > windowBytes / 2) return
    this.isFull = false
    this.member.drained()
    this.checkMarks()
  }

  private acknowledge(): void {
    if (this.unacknowledged === 0) return
    this.channel.begin(Kind.hubTaken, 4).u32(this.unacknowledged)
    this.unacknowledged = 0
  }

  end(): void {
    this.isOver = true
    this.member.detach()
    this.checkMarks()
  }
}
