import { messageBytes } from "./messageBytes.ts"

/** A message on its way to NATS. */
export interface Outgoing {
  readonly subject: string
  readonly bytes: Uint8Array
  /** The number of frames in the message. */
  readonly frames: number
  /** The position of the message among all messages of its subject. */
  readonly position: Position
}

/** The number of messages and of frames before a place in the messages of a subject. */
export interface Position {
  readonly sequence: number
  readonly frames: number
}

/** Frames and bytes that were dropped. */
export interface Dropped {
  readonly frames: number
  readonly bytes: number
}

/**
 * The messages that NATS has not confirmed, in their order: first the sent ones, then the others. After a new connection all
 * of them count as not sent, and are sent again. The other nodes drop the messages that they already have.
 */
export class Outbox {
  private messages: Array<Outgoing> = []
  /** The index of the oldest message. Earlier ones are confirmed. */
  private first = 0
  /** The index of the first message that is not sent. */
  private unsent = 0
  private queuedBytes = 0
  private doneBytes = 0

  /** The memory of the messages that are not confirmed, bytes. */
  get bytes(): number {
    return this.queuedBytes
  }

  /** The memory of all messages that were ever confirmed or dropped, bytes. */
  get progress(): number {
    return this.doneBytes
  }

  /** The number of frames that are not confirmed. */
  get frames(): number {
    let frames = 0
    for (let at = this.first; at < this.messages.length; at++) frames += (this.messages[at] as Outgoing).frames
    return frames
  }

  push(message: Outgoing): void {
    this.messages.push(message)
    this.queuedBytes += messageBytes(message.bytes)
  }

  /** Returns the next message that is not sent, and counts it as sent. */
  takeUnsent(): Outgoing | undefined {
    const message = this.messages[this.unsent]
    if (message !== undefined) this.unsent++
    return message
  }

  /** The position of the first message on a subject that is not sent; `undefined` if all are sent. */
  unsentPosition(subject: string): Position | undefined {
    for (let at = this.unsent; at < this.messages.length; at++) {
      const message = this.messages[at] as Outgoing
      if (message.subject === subject) return message.position
    }
    return undefined
  }

  /** The number of messages that are sent and not confirmed. */
  get sent(): number {
    return this.unsent - this.first
  }

  /** Confirms the oldest `count` sent messages. */
  confirm(count: number): void {
    const end = Math.min(this.first + count, this.unsent)
    while (this.first < end) this.leave(this.first++)
    this.compact()
  }

  /** Counts all messages as not sent. */
  rewind(): void {
    this.unsent = this.first
  }

  /** Drops the oldest messages that are not sent, until at most `most` bytes are left. */
  dropTo(most: number): Dropped {
    let frames = 0
    let bytes = 0
    let end = this.unsent
    for (; end < this.messages.length && this.queuedBytes > most; end++) {
      const message = this.messages[end] as Outgoing
      frames += message.frames
      bytes += message.bytes.length
      this.leave(end)
    }
    this.messages.splice(this.unsent, end - this.unsent)
    return { frames, bytes }
  }

  private leave(at: number): void {
    const bytes = messageBytes((this.messages[at] as Outgoing).bytes)
    this.queuedBytes -= bytes
    this.doneBytes += bytes
  }

  private compact(): void {
    if (this.first < this.messages.length && this.first < 256) return
    this.messages.splice(0, this.first)
    this.unsent -= this.first
    this.first = 0
  }
}
