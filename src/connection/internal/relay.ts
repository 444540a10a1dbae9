import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { SendError } from "../../domain/index.ts"
import type { Connection, RelayEnd } from "../Connection.ts"

/** Carries everything between two connections until both directions have ended; see `Connection.relay`. */
export const relay = (a: Connection, b: Connection): Effect.Effect<RelayEnd> =>
  Effect.suspend(() => {
    let bytesFromA = 0
    let bytesFromB = 0
    const both = (each: (connection: Connection) => Effect.Effect<void>) =>
      Effect.all([each(a), each(b)], { concurrency: 2, discard: true })
    const reset = both((connection) => connection.reset)
    return Effect.all(
      [
        pump(a, b, (bytes) => {
          bytesFromA += bytes
        }),
        pump(b, a, (bytes) => {
          bytesFromB += bytes
        }),
      ],
      { concurrency: 2, discard: true },
    ).pipe(
      // Both connections are flushed here. Otherwise a scope that fails after the relay would reset a connection whose
      // last bytes the kernel has not taken.
      Effect.zipRight(both((connection) => connection.close)),
      Effect.onInterrupt(() => reset),
      Effect.matchEffect({
        onFailure: (error) => Effect.as(reset, { bytesFromA, bytesFromB, error }),
        onSuccess: () => Effect.succeed({ bytesFromA, bytesFromB }),
      }),
    )
  })

/** Sends everything from one connection to another, and then FIN. */
const pump = (from: Connection, to: Connection, onBytes: (bytes: number) => void): Effect.Effect<void, SendError> =>
  Effect.zipRight(
    to.sendAll(
      Stream.mapChunks(from.frames, (payloads) => {
        for (const { length } of payloads) onBytes(length)
        return payloads
      }),
    ),
    to.halfClose,
  )
