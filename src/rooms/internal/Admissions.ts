import * as Effect from "effect/Effect"

/** The joins of one room that are in progress. `joins` is their number. */
interface Turns {
  readonly semaphore: Effect.Semaphore
  joins: number
}

/**
 * Runs the joins of one room one at a time, so no other connection joins between the call of `admit` and the join that
 * it admits. Joins of different rooms do not wait for each other. A refused join must not make a room, so the
 * semaphores are here and not in the rooms.
 */
export class Admissions {
  private readonly rooms = new Map<string, Turns>()

  /**
   * Runs a join after the earlier joins of the same room. The wait has no deadline: it ends when the earlier joins have
   * ended, so the `admit` of the program bounds it.
   */
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
