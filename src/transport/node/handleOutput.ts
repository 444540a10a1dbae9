import { writeToHandle } from "./directWrite.ts"
import type { Payload, SocketHandle, WriteSink } from "./nodeInside.ts"

/** The callbacks of an output to its owner. */
export interface OutputOwner {
  /** The kernel has taken all bytes, after some had to wait. */
  readonly onOutputTaken: () => void
  readonly onOutputFailed: (code: string) => void
}

/**
 * The bytes written to a handle. Bytes that the kernel takes at once are not queued. While bytes wait or the output is
 * corked, further bytes are queued and are written in one system call (writev(2)).
 */
export class HandleOutput implements WriteSink {
  /** The number of bytes passed to `write`, without the bytes of a write that failed at once. */
  accepted = 0
  /** Whether the owner must get `onOutputTaken` when the kernel has taken all bytes. */
  isAwaited = false
  /** `undefined` after `close`. */
  private handle: SocketHandle | undefined
  private readonly owner: OutputOwner
  private corked = 0
  /** The number of bytes in the write in progress. */
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

  /** Writes the queue and ends the cork. The owner gets a callback, because no `uncork` follows. */
  flush(): void {
    if (this.corked === 0) return
    this.corked = 0
    this.isAwaited ||= this.queued > 0
    this.handQueue()
    this.tellSoon()
  }

  /** Stops all writes and callbacks. Bytes that were not written still count in `untaken`. */
  close(): void {
    this.handle = undefined
    this.queue = undefined
  }

  /** The number of bytes that the kernel has not taken. */
  untaken(): number {
    return this.underWay + this.queued
  }

  /** The number of bytes that the kernel has taken. */
  taken(): number {
    return this.accepted - this.untaken()
  }

  /** Whether the kernel has taken all bytes and no callback is due. */
  isTaken(): boolean {
    return this.untaken() === 0 && !this.isAwaited
  }

  /**
   * Changes with each part of a write that the kernel takes, because `writeQueueSize` is the length of libuv's own
   * queue.
   */
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

  /** Calls back the owner if a callback is due. */
  tell(): void {
    if (!this.isAwaited || this.handle === undefined || this.untaken() > 0) return
    this.isAwaited = false
    this.owner.onOutputTaken()
  }

  /**
   * If a write has returned `false`, its owner gets the callback even if the kernel takes the bytes at the end of the
   * cork. The callback never runs within the call.
   */
  private tellSoon(): void {
    if (this.isAwaited && this.untaken() === 0) process.nextTick(tell, this)
  }

  /** Writes the queue, unless the output is corked or a write is in progress. */
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
