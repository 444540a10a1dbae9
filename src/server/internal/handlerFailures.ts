import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import { CodecError, ConnectionClosedError, formatEndpoint, SlowConsumerError } from "../../domain/index.ts"
import type { ServerConnection } from "../Handler.ts"
import { PeerRefusedError } from "../PeerRefusedError.ts"

/**
 * Whether a cause is a failure of the handler itself. The following causes are not, because the close reason of the
 * connection reports them: an interruption, a refused peer, a subscription that the peer read too slowly, a message
 * that ended the connection with `MessageInvalid`, and the end of the handler's own connection. `ownEnd` is the error
 * of the handler's connection; the end of another connection, as in a proxy, is a failure.
 */
export const isFailureOfHandler = (cause: Cause.Cause<unknown>, ownEnd: ConnectionClosedError): boolean => {
  if (Cause.isInterruptedOnly(cause)) return false
  if (!Chunk.isEmpty(Cause.defects(cause))) return true
  return !Chunk.every(
    Cause.failures(cause),
    (error) =>
      error instanceof PeerRefusedError ||
      error instanceof SlowConsumerError ||
      (error instanceof ConnectionClosedError && error.reason === ownEnd.reason) ||
      (error instanceof CodecError && ownEnd.reason._tag === "MessageInvalid" && ownEnd.reason.frame === error.frame),
  )
}

/** What the program does after the handler of a connection has failed. */
export type OnHandlerFailure<E, R> = (
  cause: Cause.Cause<E>,
  connection: ServerConnection,
) => Effect.Effect<void, never, R>

/** Logs a failure as an error, with the id and the address of the connection. */
export const logHandlerFailure = (cause: Cause.Cause<unknown>, connection: ServerConnection): Effect.Effect<void> =>
  logAbout(connection, "the handler of a connection failed", cause)

/** Runs `onFailure`. A defect of `onFailure` is logged with the failure, because nothing else would report the two. */
export const reportFailure = <E, R>(
  onFailure: OnHandlerFailure<E, R>,
  cause: Cause.Cause<E>,
  connection: ServerConnection,
): Effect.Effect<void, never, R> =>
  Effect.catchAllDefect(
    Effect.suspend(() => onFailure(cause, connection)),
    (defect) =>
      logAbout(
        connection,
        "onHandlerFailure died while it reported that the handler of a connection failed",
        Cause.sequential(cause, Cause.die(defect)),
      ),
  )

const logAbout = (
  { id, remote }: ServerConnection,
  message: string,
  cause: Cause.Cause<unknown>,
): Effect.Effect<void> =>
  Effect.annotateLogs(Effect.logError(message, cause), { connection: id, remote: formatEndpoint(remote) })
