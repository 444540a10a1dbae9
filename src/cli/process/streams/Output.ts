import { MessageQuota } from "./MessageQuota.ts"
import { type Pieces, type Sink, sizeOf } from "./Sink.ts"

/** How an {@link Output} behaves. */
export interface OutputOptions {
  /** Where it goes; the system's code if the descriptor is not open for writing. */
  readonly sink: Sink | string
  /** Beyond so many bytes {@link Output.hasRoom} is false. */
  readonly bound: number
  /** Beyond so many bytes of messages the following ones are left out. */
  readonly messageBound: number
  /** What is said about messages that were left out, once there is room again. */
  readonly leftOut: (messages: number, bytes: number) => string
  /** Whether a full disk costs only the messages that do not fit; otherwise every failure is final. */
  readonly survivesFullDisk: boolean
}

const fullDisk = new Set(["ENOSPC", "EDQUOT", "EFBIG"])

/** Bytes that are lent to an output until it has handed over so many bytes. */
interface Loan {
  readonly until: number
  readonly giveBack: () => void
}

/**
 * One target of the process's output, with a queue of its own. It writes one batch at a time, and never blocks. Standard
 * output and error share one if they lead to the same place, so that their order stays.
 */
export class Output {
  /** The system's code, once it cannot be written any more. */
  failure: string | undefined
  /** Bytes that were given up. */
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

  /** Finds the reader's end without a write, where the target allows it. */
  watch(): void {
    this.sink?.watch((failure) => this.fail(failure))
  }

  /**
   * Queues bytes, which must not change until {@link pending} is 0. `lines`: they are whole lines, and none of them is to
   * stay torn in a file that becomes full.
   */
  write(pieces: Pieces, lines: boolean): void {
    this.lines = lines
    this.accept(pieces)
  }

  /** Queues bytes that may change as soon as `giveBack` is called, which happens when they do not wait any more. */
  writeLent(bytes: Uint8Array, giveBack: () => void): void {
    this.write([bytes], false)
    this.loans.push({ until: this.accepted, giveBack })
    this.endLoans()
  }

  /** Queues a message, or leaves it out and counts it if too many wait. `always`: however many wait. */
  say(bytes: Uint8Array, always = false): void {
    if (this.failure !== undefined) return
    this.messages.take(this.handedOver())
    if (!always && this.messages.isFull()) {
      this.messages.leaveOut(bytes.length)
      return
    }
    this.tellLeftOut()
    this.messages.add(this.accepted + bytes.length, bytes.length)
    this.accept([bytes])
  }

  /** Whether more should be written now. */
  hasRoom(): boolean {
    return this.pending() <= this.options.bound
  }

  /** Bytes that the system has not taken yet. */
  pending(): number {
    return this.queued + (this.busy ? (this.sink?.pending() ?? 0) : 0)
  }

  /** Bytes that do not wait any more: taken by the system, or lost. */
  handedOver(): number {
    return this.accepted - this.pending()
  }

  /** Gives up what waits, and what is still written; `lost` counts it. */
  discard(): void {
    this.lost += this.pending()
    this.discarding = true
    this.sink?.abandon()
    this.clear()
    this.changed()
  }

  /** Calls back whenever something has been taken, or it has failed; gives how to stop that. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Opens a regular file anew; does nothing for other targets. Gives the failure in words. */
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
        if (failure === undefined) this.messages.told()
        else if (this.options.survivesFullDisk && fullDisk.has(failure)) this.loseMessages()
        else this.fail(failure)
        this.pump()
        this.changed()
      })
    }
  }

  private endLoans(): void {
    // The system may still read what was given up.
    if (this.failure !== undefined || this.discarding) this.loans = []
    const handedOver = this.handedOver()
    let ended = 0
    for (const { giveBack, until } of this.loans) {
      if (until > handedOver) break
      giveBack()
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

  // They are said to be missing with the next message, as one that follows at once would not fit either.
  private loseMessages(): void {
    this.clear()
    this.messages.lose()
  }

  private tellLeftOut(): void {
    const leftOut = this.messages.tell()
    if (leftOut === undefined) return
    const bytes = Buffer.from(this.options.leftOut(leftOut.messages, leftOut.bytes))
    this.accept([bytes])
  }

  private changed(): void {
    this.endLoans()
    this.messages.take(this.handedOver())
    if (this.messages.hasRoomAgain() && this.failure === undefined) this.tellLeftOut()
    for (const listener of [...this.listeners]) listener()
  }
}
