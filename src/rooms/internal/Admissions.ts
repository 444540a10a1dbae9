import * as Effect from "effect/Effect"

/** The joins of one room that have begun and not ended. */
interface Turns {
  readonly semaphore: Effect.Semaphore
  joins: number
}

/**
 * Runs the joins of one room one at a time, so the size of the room that `admit` gets is true until the connection is a
 * member. Joins of different rooms do not wait for each other. A refused join makes no room, so the rooms themselves cannot
 * hold these semaphores.
 */
export class Admissions {
  private readonly rooms = new Map<string, Turns>()

  /** Runs a join after those of the same room that began before. The `admit` of the program bounds the wait. */
  inTurn<A, E, R>(room: string, join: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.acquireUseRelease(
      Effect.sync(() => this.begin(room)),
      ({ semaphore }) => semaphore.withPermits(1)(join),
      (turns) => Effect.sync(() => this.end(room, turns)),
    )
  }

  private begin(room: string): Turns {
    const turns = this.rooms.get(room) ?? { semaphore: Effect.unsafeMakeSemaphore(1), joins: 0 }
    turns.joins++
    this.rooms.set(room, turns)
    return turns
  }

  private end(room: string, turns: Turns): void {
    turns.joins--
    if (turns.joins === 0) this.rooms.delete(room)
  }
}
