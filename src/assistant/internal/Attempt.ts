import * as Cause from "effect/Cause"
import type * as Deferred from "effect/Deferred"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { Connection } from "../../connection/index.ts"
import type * as Assistant from "../../domain/assistant/index.ts"
import type { ConnectError, ConnectionClosedError, SettingsError } from "../../domain/index.ts"
import { connectRefused, refusal } from "./refusals.ts"

/** The error that ends an attempt after the user has disconnected, so that the client does not reconnect. */
export interface Leaving {
  readonly _tag: "Leaving"
}
export const leaving: Leaving = { _tag: "Leaving" }

export type AttemptError = ConnectError | ConnectionClosedError | SettingsError | Leaving

/** The connection that a client window makes for one `Connect` command, with its reconnects. */
export interface Attempt {
  fiber: Fiber.RuntimeFiber<unknown, unknown> | undefined
  /** The outcome of the command: the first connection, or the refusal. */
  readonly connected: Deferred.Deferred<Assistant.Outcome, Assistant.Refusal>
  connection: Connection | undefined
  /** Whether the user has disconnected. */
  isLeaving: boolean
}

const cancelled = refusal("ended", "the attempt to connect was cancelled")

/** The reason why a command to connect failed. */
export const causeOf = (exit: Exit.Exit<void, AttemptError>): Cause.Cause<Assistant.Refusal> => {
  const error = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none()
  return Cause.fail(
    Option.match(error, {
      onNone: () => cancelled,
      onSome: (failure) => {
        if (failure._tag === "ConnectError") return connectRefused(failure)
        return failure._tag === "Leaving" ? cancelled : refusal("ended", failure.message)
      },
    }),
  )
}

/** The end of an attempt, for the program that contains the window. An end that the user asked for is a success. */
export const endOf = (exit: Exit.Exit<void, AttemptError>): Exit.Exit<void, ConnectError | ConnectionClosedError> => {
  if (Exit.isSuccess(exit) || Cause.isInterruptedOnly(exit.cause)) return Exit.void
  const failure = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (failure === undefined) return Exit.die(Cause.squash(exit.cause))
  if (failure._tag === "Leaving") return Exit.void
  return failure._tag === "SettingsError" ? Exit.die(failure) : Exit.fail(failure)
}
