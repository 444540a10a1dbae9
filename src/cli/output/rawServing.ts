import * as Effect from "effect/Effect"
import { Waiters } from "../../runtime/Waiters.ts"
import type { Handler } from "../../server/index.ts"
import { Stdio } from "../process/stdio.ts"

/** Serves connections by writing the received bytes to standard output. */
export interface RawServing {
  readonly handler: Handler.FiberHandler<never, never>
  /** Waits until all bytes of ended connections are written or queued for writing. */
  readonly written: Effect.Effect<void>
}

/**
 * Makes the handler of `serve --output raw`. It writes the bytes of the socket to standard output without an event for
 * each read. While standard output has no room, the server stops reading from the clients.
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
          // Other code reports the end of the connection and the failure of the output.
          Effect.ignore,
          Effect.ensuring(leave),
          // The bytes of an ended connection must still be written. The wait ends at the latest when standard output
          // fails.
          Effect.uninterruptible,
          Effect.zipRight(halfClosed === "keep" ? Effect.asVoid(connection.closed) : Effect.void),
        ),
      written: waiters.until(() => writing === 0),
    }
  })
