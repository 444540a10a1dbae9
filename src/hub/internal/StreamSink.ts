import * as Effect from "effect/Effect"
import { type ConnectionId, type Frame, Framing } from "../../domain/index.ts"
import { Outlet, type Sender } from "../../runtime/Outlet.ts"
import { Waiters } from "../../runtime/Waiters.ts"
import type { HubMember, HubSink } from "../HubPort.ts"

// What a stream takes ahead of its consumer; the rest waits in the shared log. Its budget counts both.
const mostAheadBytes = 64 * 1024

// Frames given to the consumer at once. A frame is an object of some hundred bytes, so this bounds what a run of line ends
// costs while the consumer is at work.
const framesAtOnce = 256

/** A run that waits for the consumer, and its publisher. */
interface Waiting {
  readonly run: Uint8Array
  readonly publisher: ConnectionId | undefined
}

/** Frames that were passed over: since the last time, and in all. */
interface Dropped {
  readonly missed: number
  readonly total: number
}

/** What a stream gets next. `dropped`: what was passed over before it was taken. */
export type Taken =
  | { readonly _tag: "Frames"; readonly frames: Array<Frame>; readonly dropped: Dropped | undefined }
  | { readonly _tag: "Overflowed"; readonly pendingBytes: number; readonly budgetBytes: number }
  | { readonly _tag: "Failed"; readonly error: unknown }
  | { readonly _tag: "Ended" }

/** A subscriber that a fiber pulls from, seen by the hub as any other sink. */
export class StreamSink implements HubSink {
  readonly needsPublisher = true
  member: HubMember | undefined
  private readonly framing: Framing.Framing
  private readonly aheadBytes: number
  private runs: Array<Waiting> = []
  /** How far the first run is cut. */
  private offset = 0
  private bytes = 0
  private takenBytes = 0
  private last: Taken | undefined
  /** The connection of the program that has taken last. */
  private outlet: Sender | undefined
  // Only a full sink is passed over, so what it holds came before what was dropped.
  private droppedBefore: Dropped | undefined
  private droppedBehind: Dropped | undefined
  private readonly readers = new Waiters()

  constructor(framing: Framing.Framing, budgetBytes: number) {
    this.framing = framing
    this.aheadBytes = Math.min(mostAheadBytes, budgetBytes / 2)
  }

  deliver(run: Uint8Array, publisher: ConnectionId | undefined): boolean {
    this.runs.push({ run, publisher })
    this.bytes += run.length
    this.readers.wake()
    return this.bytes < this.aheadBytes
  }

  cork(): void {}

  uncork(): boolean {
    return this.bytes < this.aheadBytes
  }

  pending(): number {
    return this.bytes
  }

  progress(): number {
    return this.takenBytes
  }

  onOverflow(pendingBytes: number, budgetBytes: number): void {
    this.endWith({ _tag: "Overflowed", pendingBytes, budgetBytes })
    this.outlet?.onSourceOverflow(pendingBytes, budgetBytes)
  }

  onFailed(error: unknown): void {
    this.endWith({ _tag: "Failed", error })
  }

  /** Nothing follows what is here: the hub has ended, or the subscription. */
  onHubEnded(): void {
    this.endWith({ _tag: "Ended" })
  }

  private endWith(last: Taken): void {
    this.last ??= last
    this.readers.wake()
  }

  onDropped(missed: number, total: number): void {
    this.droppedBehind = { missed: missed + (this.droppedBehind?.missed ?? 0), total }
  }

  onStalled(): void {}
  onRecovered(): void {}
  onHeld(): void {}
  onReleased(): void {}

  /**
   * Some of what is here; waits while there is nothing. What was handed over before an overflow or the end comes first.
   */
  readonly take: Effect.Effect<Taken> = Effect.flatMap(Outlet, (outlet) => {
    this.outlet = outlet
    if (this.runs.length === 0) return this.last ? Effect.succeed(this.last) : this.readers.waitThen(this.take)
    try {
      return Effect.succeed(this.cutFrames())
    } catch (error) {
      // Framings are other people's code. What they throw ends the subscription, as it would end a connection.
      this.member?.detach()
      this.runs = []
      this.onFailed(error)
      return this.take
    }
  })

  private cutFrames(): Taken {
    const frames: Array<Frame> = []
    const before = this.offset
    let taken = 0
    let takenBytes = 0
    for (const { publisher, run } of this.runs) {
      if (frames.length >= framesAtOnce) break
      this.offset = Framing.cutSome(this.framing, run, this.offset, framesAtOnce - frames.length, (bytes) =>
        frames.push(publisher === undefined ? { bytes } : { connection: publisher, bytes }),
      )
      takenBytes += Math.min(this.offset, run.length)
      if (this.offset < run.length) break
      this.offset = 0
      taken++
    }
    this.runs.splice(0, taken)
    this.takenBytes += takenBytes - before
    this.bytes -= takenBytes - before
    // What is passed over while the sink is full stands behind everything that the sink holds.
    const dropped = this.droppedBefore
    this.droppedBefore = undefined
    if (this.runs.length === 0) {
      this.droppedBefore = this.droppedBehind
      this.droppedBehind = undefined
      this.member?.drained()
    }
    return { _tag: "Frames", frames, dropped }
  }
}
