import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { pullStream } from "../../runtime/pullStream.ts"
import { Waiters } from "../../runtime/Waiters.ts"
import type { PresenceEvent, RoomMember } from "../Presence.ts"

// The maximum number of changes that wait for a reader. A slower reader gets a new snapshot instead.
const mostChanges = 1024

/** One reader of the presence of a room. */
export class PresenceWatch<M> {
  private readonly members: () => ReadonlyArray<RoomMember<M>>
  private changes: Array<PresenceEvent<M>> = []
  private needsSnapshot = true
  private ended = false
  private readonly readers = new Waiters()

  /** `members` returns the members of the room now. */
  constructor(members: () => ReadonlyArray<RoomMember<M>>) {
    this.members = members
  }

  push(change: PresenceEvent<M>): void {
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

  get stream(): Stream.Stream<PresenceEvent<M>> {
    return pullStream(this.take)
  }

  private readonly take: Effect.Effect<Chunk.Chunk<PresenceEvent<M>> | undefined> = Effect.suspend(() => {
    if (this.needsSnapshot) {
      this.needsSnapshot = false
      return Effect.succeed(Chunk.of<PresenceEvent<M>>({ _tag: "Snapshot", members: this.members() }))
    }
    if (this.changes.length === 0) return this.ended ? Effect.succeed(undefined) : this.readers.waitThen(this.take)
    const changes = Chunk.unsafeFromArray(this.changes)
    this.changes = []
    return Effect.succeed(changes)
  })
}
