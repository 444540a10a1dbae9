import * as Effect from "effect/Effect"
import { type ConnectionId, type Frame, Framing } from "../../domain/index.ts"
import { Outlet, type Sender } from "../../runtime/Outlet.ts"
import { Waiters } from "../../runtime/Waiters.ts"
import type { HubMember, HubSink } from "../HubPort.ts"

// The maximum number of bytes queued in a stream for its consumer. Further bytes stay in the shared log. The budget
// counts both.
const mostAheadBytes = 64 * 1024

// The maximum number of frames that the consumer gets at once. A frame is an object of about a hundred bytes, and a run
// can consist of empty lines only. This number bounds the memory of such a run while the consumer works.
const framesAtOnce = 256

/** A run that is queued for the consumer. */
interface QueuedRun {
  readonly run: Uint8Array
  readonly publisher: ConnectionId | undefined
}

/** Frames that were dropped: since the last report, and in all. */
interface Dropped {
  readonly missed: number
  readonly total: number
}

/** The next element of a stream. `dropped`: frames that were dropped before these. */
export type Taken =
  | { readonly _tag: "Frames"; readonly frames: Array<Frame>; readonly dropped: Dropped | undefined }
  | { readonly _tag: "Overflowed"; readonly pendingBytes: number; readonly budgetBytes: number }
  | { readonly _tag: "Failed"; readonly error: unknown }
  | { readonly _tag: "Ended" }

/** The sink of a stream: a bounded queue from which a fiber pulls. */
export class StreamSink implements HubSink {
  readonly needsPublisher = true
  member: HubMember | undefined
  private readonly framing: Framing.Framing
  private readonly aheadBytes: number
  private runs: Array<QueuedRun> = []
  /** The number of bytes of the first run that were taken. */
  private offset = 0
  private bytes = 0
  private takenBytes = 0
  private last: Taken | undefined
  /** The connection to which the last reader of the stream sends, if there is one. */
  private outlet: Sender | undefined
  // Frames are dropped only while the sink is full, so the dropped frames follow everything in the queue.
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

  /** The hub or the subscription has ended: nothing follows the runs in the queue. */
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
  onBlocked(): void {}
  onUnblocked(): void {}

  /** Takes frames. Waits while the queue is empty. Frames delivered before an overflow or the end are taken first. */
  readonly take: Effect.Effect<Taken> = Effect.flatMap(Outlet, (outlet) => {
    this.outlet = outlet
    if (this.runs.length === 0) return this.last ? Effect.succeed(this.last) : this.readers.waitThen(this.take)
    try {
      return Effect.succeed(this.cutFrames())
    } catch (error) {
      // A framing can be user code. An exception ends the subscription, as it would end a connection.
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
