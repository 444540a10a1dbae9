import type { RpcClientError } from "@effect/rpc/RpcClientError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Refusal } from "../../../domain/assistant/Refusal.ts"
import { type Calls, Client, runtime } from "./client.ts"
import type { Stop } from "./Stop.ts"

/** The reason of a failed call: a refusal of the assistant, `gone` (no connection), or `fault` (a defect). */
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

/** Converts the failure of a call to the reason for the user. */
export const troubleOf = (cause: Cause.Cause<CallError>): Trouble => {
  const error = Cause.failureOption(cause)
  if (error._tag === "None") return { reason: "fault", message: Cause.pretty(cause).split("\n", 1)[0] ?? "" }
  if (error.value._tag === "RpcClientError") return { reason: "gone", message: "" }
  // The spread syntax would omit `message`, which is not an enumerable property of an error.
  const { advice, at, code, field, message, reason } = error.value
  return { reason, message, advice, field, at, code }
}

/**
 * Makes one call and passes its answer to `then`. It never throws. Stopping the call also interrupts it on the server,
 * and `then` is not called.
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
