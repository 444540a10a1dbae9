import type { RpcClientError } from "@effect/rpc/RpcClientError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Refusal } from "../../../domain/assistant/Refusal.ts"
import { type Calls, Client, runtime } from "./client.ts"
import type { Stop } from "./Stop.ts"

/** Why something was not done: the refusal of the assistant, or the page's own reasons. */
export interface Trouble {
  readonly reason: Refusal["reason"] | "gone" | "fault"
  readonly message: string
  readonly advice?: string | undefined
  readonly field?: string | undefined
  readonly at?: number | undefined
  readonly code?: string | undefined
}

export type Answer<A> = { readonly ok: true; readonly value: A } | { readonly ok: false; readonly trouble: Trouble }

export type CallError = Refusal | RpcClientError

/** What a failed call tells its user. */
export const troubleOf = (cause: Cause.Cause<CallError>): Trouble => {
  const error = Cause.failureOption(cause)
  if (error._tag === "None") return { reason: "fault", message: Cause.pretty(cause).split("\n", 1)[0] ?? "" }
  if (error.value._tag === "RpcClientError") return { reason: "gone", message: "" }
  // An error keeps its message where a spread does not see it.
  const { advice, at, code, field, message, reason } = error.value
  return { reason, message, advice, field, at, code }
}

/**
 * Makes one call and hands its answer over. It never throws. A stopped call is interrupted on the server as well, and its
 * answer is not handed over.
 */
export const ask = <A>(
  make: (calls: Calls) => Effect.Effect<A, CallError>,
  then: (answer: Answer<A>) => void = () => {},
): Stop => {
  let stopped = false
  const stop = runtime.runCallback(
    Effect.flatMap(Client, (client) => make(client.calls)),
    {
      onExit: (exit) => {
        if (stopped) return
        then(
          Exit.match(exit, {
            onSuccess: (value): Answer<A> => ({ ok: true, value }),
            onFailure: (cause): Answer<A> => ({ ok: false, trouble: troubleOf(cause) }),
          }),
        )
      },
    },
  )
  return () => {
    stopped = true
    stop()
  }
}
