import { writeToHandle } from "./directWrite.ts"
import type { Payload, SocketHandle, WriteSink } from "./nodeInside.ts"

/** Told what becomes of an output. */
export interface OutputOwner {
  /** Everything is taken, after something had to wait. */
  readonly onOutputTaken: () => void
  readonly onOutputFailed: (code: string) => void
}

/**
 * What is written to a handle. What the system takes at once leaves nothing behind; while something waits, or is
 * collected on purpose, what comes is kept and goes out together (writev(2)).
 */
export class HandleOutput implements WriteSink {
  /** Bytes that it was given, without those of a write that failed at once. */
  accepted = 0
  /** Whether its owner is to be told when everything is taken. */
  isAwaited = false
  /** None once it is closed. */
  private handle: SocketHandle | undefined
  private readonly owner: OutputOwner
  private corked = 0
  /** Handed to the system, which has yet to take it. */
  private underWay = 0
  private queue: Array<Uint8Array> | undefined
  private queued = 0

  constructor(handle: SocketHandle, owner: OutputOwner) {
    this.handle = handle
    this.owner = owner
  }

  write(bytes: Uint8Array): void {
    this.accepted += bytes.length
    if (this.corked > 0 || this.underWay > 0) {
      this.queue ??= []
      this.queue.push(bytes)
      this.queued += bytes.length
    } else if (bytes.length > 0) this.hand(bytes, bytes.length)
  }

  cork(): void {
    this.corked++
  }

  uncork(): void {
    if (this.corked > 0) this.corked--
    this.handQueue()
    this.tellSoon()
  }

  /** Hands over what has been collected, and collects no more. Its owner hears of it, as nobody uncorks any more. */
  flush(): void {
    if (this.corked === 0) return
    this.corked = 0
    this.isAwaited ||= this.queued > 0
    this.handQueue()
    this.tellSoon()
  }

  /** Nothing is handed over any more, and nothing told. What it has not got rid of stays counted. */
  close(): void {
    this.handle = undefined
    this.queue = undefined
  }

  /** Bytes that the system has not taken. */
  untaken(): number {
    return this.underWay + this.queued
  }

  /** Bytes that the system has taken. */
  taken(): number {
    return this.accepted - this.untaken()
  }

  /** Whether the system has taken everything, and nobody is still to be told so. */
  isTaken(): boolean {
    return this.untaken() === 0 && !this.isAwaited
  }

  /** Changes with each part of a write that is taken: the length of libuv's own queue shrinks with it. */
  progress(): number {
    return this.accepted - this.queued - (this.handle?.writeQueueSize ?? 0)
  }

  onWritten(code: string | undefined): void {
    if (this.handle === undefined) return
    if (code !== undefined) {
      this.owner.onOutputFailed(code)
      return
    }
    this.underWay = 0
    this.handQueue()
    this.tell()
  }

  /** Tells the owner, if that is due. */
  tell(): void {
    if (!this.isAwaited || this.handle === undefined || this.untaken() > 0) return
    this.isAwaited = false
    this.owner.onOutputTaken()
  }

  /** Who was told that something has to wait hears when it has gone, be it at once: but not within the call. */
  private tellSoon(): void {
    if (this.isAwaited && this.untaken() === 0) process.nextTick(tell, this)
  }

  /** Hands over what has been collected, if nothing is under way. */
  private handQueue(): void {
    const { queue, queued } = this
    if (queue === undefined || this.corked > 0 || this.underWay > 0) return
    this.queue = undefined
    this.queued = 0
    const [only] = queue
    this.hand(queue.length === 1 && only !== undefined ? only : queue, queued)
  }

  private hand(payload: Payload, bytes: number): void {
    if (this.handle === undefined) return
    const outcome = writeToHandle(this.handle, payload, this)
    if (outcome === "taken") return
    if (outcome === "waits") {
      this.underWay = bytes
      this.isAwaited = true
    } else {
      this.accepted -= bytes
      this.owner.onOutputFailed(outcome)
    }
  }
}

const tell = (output: HandleOutput): void => output.tell()
