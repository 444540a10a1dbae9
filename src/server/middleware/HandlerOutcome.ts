import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Exit from "effect/Exit"
import { ConnectionClosedError, SlowConsumerError } from "../../domain/index.ts"
import { PeerRefusedError } from "../PeerRefusedError.ts"

/**
 * How a handler ended. "done": with success. "refused": with `PeerRefusedError`. "closed": a connection ended, or its peer
 * read too slowly. "interrupted": the server ended it. "failed": with any other error, or with a defect.
 */
export type HandlerOutcome = "done" | "refused" | "closed" | "interrupted" | "failed"

/**
 * The outcome of a handler, as logs and metrics show it.
 *
 * @example
 * import { Exit } from "effect"
 * import { Middleware, PeerRefusedError } from "tcpfx/server"
 *
 * assert.equal(Middleware.outcomeOf(Exit.void), "done")
 * assert.equal(Middleware.outcomeOf(Exit.fail(new PeerRefusedError({ reason: "wrong password" }))), "refused")
 * assert.equal(Middleware.outcomeOf(Exit.die("a bug")), "failed")
 */
export const outcomeOf = (exit: Exit.Exit<void, unknown>): HandlerOutcome => {
  if (Exit.isSuccess(exit)) return "done"
  if (Cause.isInterruptedOnly(exit.cause)) return "interrupted"
  if (!Chunk.isEmpty(Cause.defects(exit.cause))) return "failed"
  const errors = Chunk.toReadonlyArray(Cause.failures(exit.cause))
  if (errors.every(isClosed)) return "closed"
  return errors.every((error) => error instanceof PeerRefusedError || isClosed(error)) ? "refused" : "failed"
}

const isClosed = (error: unknown): boolean =>
  error instanceof ConnectionClosedError || error instanceof SlowConsumerError
