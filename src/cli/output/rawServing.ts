import * as Effect from "effect/Effect"
import { Waiters } from "../../runtime/Waiters.ts"
import type { Handler } from "../../server/index.ts"
import { Stdio } from "../process/stdio.ts"

/** Serves connections by writing what they send to standard output. */
export interface RawServing {
  readonly handler: Handler.FiberHandler<never, never>
  /** Waits until everything that ended connections had sent is written, or queued for writing. */
  readonly written: Effect.Effect<void>
}

/**
 * `serve --output raw`, where nothing is done with the bytes but to write them: they go from the socket to standard
 * output without an event for each read. Reading is held back while standard output does not take them.
 */
export const makeRawServing = (halfClosed: Handler.HalfClosed): Effect.Effect<RawServing, never, Stdio> =>
  Effect.map(Stdio, (stdio) => {
    let writing = 0
    const waiters = new Waiters()
    const leave = Effect.sync(() => {
      writing--
      waiters.wake()
    })
    return {
      handler: (connection) =>
        Effect.suspend(() => {
          writing++
          return connection.runForEachLent(stdio.writeLent)
        }).pipe(
          // The connection's end and the output's failure are told elsewhere.
          Effect.ignore,
          Effect.ensuring(leave),
          // A connection that ends is no reason to drop what it had sent. The wait ends with the output at the latest.
          Effect.uninterruptible,
          Effect.zipRight(halfClosed === "keep" ? Effect.asVoid(connection.closed) : Effect.void),
        ),
      written: waiters.until(() => writing === 0),
    }
  })
