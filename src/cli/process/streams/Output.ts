import { MessageQuota } from "./MessageQuota.ts"
import { type Pieces, type Sink, sizeOf } from "./Sink.ts"

/** The settings of an {@link Output}. */
export interface OutputOptions {
  /** The target, or the system's error code if the descriptor is not open for writing. */
  readonly sink: Sink | string
  /** The largest number of pending bytes with which {@link Output.hasRoom} is `true`. */
  readonly bound: number
  /** The number of pending bytes of messages above which further messages are dropped. */
  readonly messageBound: number
  /** The report of dropped messages, which the output writes when it has room again. */
  readonly describeDropped: (messages: number, bytes: number) => string
  /**
   * Whether the output continues after a full disk, and drops only the messages that do not fit. Otherwise every
   * failure is final.
   */
  readonly survivesFullDisk: boolean
}

const fullDisk = new Set(["ENOSPC", "EDQUOT", "EFBIG"])

/** Borrowed bytes. The output uses them until it has handed over `until` bytes in total. */
interface Loan {
  readonly until: number
  readonly recycle: () => void
}

/**
 * One target of the process's output, with its own queue. It writes one batch at a time and never blocks. If standard
 * output and error are the same file, pipe or terminal, they share one `Output`, which keeps their order.
 */
export class Output {
  /** The system's error code. Undefined while the target can be written. */
  failure: string | undefined
  /** The number of dropped bytes. */
  lost = 0
  private readonly options: OutputOptions
  private readonly sink: Sink | undefined
  private readonly messages: MessageQuota
  private queue: Array<Uint8Array> = []
  private queued = 0
  private accepted = 0
  private lines = true
  private busy = false
  private discarding = false
  private loans: Array<Loan> = []
  private readonly listeners = new Set<() => void>()

  constructor(options: OutputOptions) {
    this.options = options
    this.messages = new MessageQuota(options.messageBound)
    if (typeof options.sink === "string") this.failure = options.sink
    else this.sink = options.sink
  }

  /** Starts to watch the reader, so that its end is noticed without a write. Some targets do not allow this. */
  watch(): void {
    this.sink?.watch((failure) => this.fail(failure))
  }

  /**
   * Queues bytes, which must not change until {@link pending} is 0. With `lines`, the bytes are complete lines, and no
   * incomplete line stays in a file when the disk becomes full.
   */
  write(pieces: Pieces, lines: boolean): void {
    this.lines = lines
    this.accept(pieces)
  }

  /**
   * Queues bytes that must not change until `recycle` is called. The call comes when the bytes are no longer pending.
   */
  writeLent(bytes: Uint8Array, recycle: () => void): void {
    this.write([bytes], false)
    this.loans.push({ until: this.accepted, recycle })
    this.endLoans()
  }

  /** Queues a message. Drops and counts it if too many bytes of messages wait, unless `always` is set. */
  say(bytes: Uint8Array, always = false): void {
    if (this.failure !== undefined) return
    this.messages.take(this.handedOver())
    if (!always && this.messages.isFull()) {
      this.messages.drop(bytes.length)
      return
    }
    this.reportDropped()
    this.messages.add(this.accepted + bytes.length, bytes.length)
    this.accept([bytes])
  }

  /** Whether the pending bytes are within the bound. */
  hasRoom(): boolean {
    return this.pending() <= this.options.bound
  }

  /** The number of bytes that the kernel has not accepted yet. */
  pending(): number {
    return this.queued + (this.busy ? (this.sink?.pending() ?? 0) : 0)
  }

  /** The number of bytes that are no longer pending: the kernel has accepted them, or they are lost. */
  handedOver(): number {
    return this.accepted - this.pending()
  }

  /** Drops all pending bytes and all later writes. `lost` counts them. */
  discard(): void {
    this.lost += this.pending()
    this.discarding = true
    this.sink?.abandon()
    this.clear()
    this.changed()
  }

  /** Calls the listener after each accepted write and each failure. Returns a function that removes the listener. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Opens a regular file again. Has no effect on other targets. `done` receives the failure in words, if any. */
  reopen(done: (failure: string | undefined) => void): void {
    if (this.sink?.reopen === undefined) done(undefined)
    else this.sink.reopen(done)
  }

  private accept(pieces: Pieces): void {
    const size = sizeOf(pieces)
    if (size === 0 || this.failure !== undefined) return
    this.accepted += size
    if (this.discarding) {
      this.lost += size
      return
    }
    this.queued += size
    for (const piece of pieces) if (piece.length > 0) this.queue.push(piece)
    this.pump()
  }

  private pump(): void {
    while (!this.busy && this.queue.length > 0 && this.sink !== undefined && this.failure === undefined) {
      const pieces = this.queue
      this.clear()
      this.busy = true
      this.sink.write(pieces, this.lines, (failure) => {
        this.busy = false
        if (failure === undefined) this.messages.reported()
        else if (this.options.survivesFullDisk && fullDisk.has(failure)) this.loseMessages()
        else this.fail(failure)
        this.pump()
        this.changed()
      })
    }
  }

  private endLoans(): void {
    // The kernel may still read dropped bytes, so their memory is never returned.
    if (this.failure !== undefined || this.discarding) this.loans = []
    const handedOver = this.handedOver()
    let ended = 0
    for (const { recycle, until } of this.loans) {
      if (until > handedOver) break
      recycle()
      ended++
    }
    if (ended > 0) this.loans.splice(0, ended)
  }

  private clear(): void {
    this.queue = []
    this.queued = 0
    this.busy = false
  }

  private fail(failure: string): void {
    this.failure ??= failure
    this.sink?.abandon()
    this.clear()
    this.changed()
  }

  // The report follows with the next message. A report now would not fit on the full disk either.
  private loseMessages(): void {
    this.clear()
    this.messages.lose()
  }

  private reportDropped(): void {
    const dropped = this.messages.report()
    if (dropped === undefined) return
    const bytes = Buffer.from(this.options.describeDropped(dropped.messages, dropped.bytes))
    this.accept([bytes])
  }

  private changed(): void {
    this.endLoans()
    this.messages.take(this.handedOver())
    if (this.messages.hasRoomAgain() && this.failure === undefined) this.reportDropped()
    for (const listener of [...this.listeners]) listener()
  }
}
