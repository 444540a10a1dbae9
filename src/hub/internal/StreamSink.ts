import * as Effect from "effect/Effect"
import type { ConnectionId, Frame, Framing } from "../../domain/index.ts"
import type { HubMember, HubSink } from "../HubCore.ts"

// What a stream takes ahead of its consumer; the rest waits in the shared log. Its budget counts both.
const mostAheadBytes = 64 * 1024

/** What a stream gets next. */
export type Taken =
  | { readonly _tag: "Frames"; readonly frames: Array<Frame> }
  | { readonly _tag: "Overflowed"; readonly pendingBytes: number; readonly budgetBytes: number }
  | { readonly _tag: "Ended" }

/** A subscriber that a fiber pulls from, seen by the hub as any other sink. */
export class StreamSink implements HubSink {
  readonly needsPublisher = true
  member: HubMember | undefined
  private readonly framing: Framing.Framing
  private readonly aheadBytes: number
  private frames: Array<Frame> = []
  private bytes = 0
  private takenBytes = 0
  private last: Taken | undefined
  private waiter: (() => void) | undefined

  constructor(framing: Framing.Framing, budgetBytes: number) {
    this.framing = framing
    this.aheadBytes = Math.min(mostAheadBytes, budgetBytes / 2)
  }

  deliver(run: Uint8Array, publisher: ConnectionId | undefined): boolean {
    this.framing.payloads(run, (bytes) =>
      this.frames.push(publisher === undefined ? { bytes } : { connection: publisher, bytes }),
    )
    this.bytes += run.length
    this.waiter?.()
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
    this.last = { _tag: "Overflowed", pendingBytes, budgetBytes }
    this.waiter?.()
  }

  /** The subscription is over: nothing follows what is here. */
  end(): void {
    this.member?.detach()
    this.last ??= { _tag: "Ended" }
    this.waiter?.()
  }

  onDropped(): void {}
  onStalled(): void {}
  onRecovered(): void {}
  onHeld(): void {}
  onReleased(): void {}

  /** Everything that is here; waits while there is nothing. What was handed over before an overflow or end comes first. */
  readonly take: Effect.Effect<Taken> = Effect.suspend(() => {
    if (this.frames.length === 0) return this.last ? Effect.succeed(this.last) : this.waitThenTake
    const frames = this.frames
    this.takenBytes += this.bytes
    this.frames = []
    this.bytes = 0
    this.member?.drained()
    return Effect.succeed<Taken>({ _tag: "Frames", frames })
  })

  private readonly waitThenTake: Effect.Effect<Taken> = Effect.zipRight(
    Effect.async<void>((resume) => {
      if (this.frames.length > 0 || this.last !== undefined) return resume(Effect.void)
      this.waiter = () => {
        this.waiter = undefined
        resume(Effect.void)
      }
      return Effect.sync(() => {
        this.waiter = undefined
      })
    }),
    Effect.suspend(() => this.take),
  )
}
