import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { pullStream } from "./pullStream.ts"
import { Waiters } from "./Waiters.ts"

// The maximum number of changes that wait for a reader. A slower reader gets a new snapshot instead.
const mostChanges = 1024

/** One reader of a changing set: it gets a snapshot, then each change. A reader that is too slow gets a new snapshot. */
export class ChangeWatch<E> {
  private readonly snapshot: () => E
  private changes: Array<E> = []
  private needsSnapshot = true
  private ended = false
  private readonly readers = new Waiters()

  /** `snapshot` returns the event with the whole set now. */
  constructor(snapshot: () => E) {
    this.snapshot = snapshot
  }

  push(change: E): void {
    // The next snapshot contains the change.
    if (this.needsSnapshot) return
    if (this.changes.length < mostChanges) this.changes.push(change)
    else {
      this.changes = []
      this.needsSnapshot = true
    }
    this.readers.wake()
  }

  end(): void {
    this.ended = true
    this.readers.wake()
  }

  get stream(): Stream.Stream<E> {
    return pullStream(this.take)
  }

  private readonly take: Effect.Effect<Chunk.Chunk<E> | undefined> = Effect.suspend(() => {
    if (this.needsSnapshot) {
      this.needsSnapshot = false
      return Effect.succeed(Chunk.of(this.snapshot()))
    }
    if (this.changes.length === 0) return this.ended ? Effect.succeed(undefined) : this.readers.waitThen(this.take)
    const changes = Chunk.unsafeFromArray(this.changes)
    this.changes = []
    return Effect.succeed(changes)
  })
}
