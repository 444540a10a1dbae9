import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import { type CloseReason, failureOfCause, SlowConsumerError } from "../../domain/index.ts"

/**
 * The reason for which a failed handler ends its connection. It is `SlowConsumer` if the handler failed with
 * `SlowConsumerError`.
 */
export const failureOf = (exit: Exit.Exit<void, unknown>): CloseReason | undefined => {
  if (Exit.isSuccess(exit)) return undefined
  for (const error of Cause.failures(exit.cause)) {
    if (error instanceof SlowConsumerError) {
      return { _tag: "SlowConsumer", pendingBytes: error.pendingBytes, budgetBytes: error.budgetBytes }
    }
  }
  return { _tag: "HandlerFailed", ...failureOfCause(exit.cause) }
}
