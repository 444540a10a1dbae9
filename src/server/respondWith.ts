import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as check from "../domain/settings.ts"
import type { RespondOnErrorOptions, RespondOptions } from "./Handler.ts"

/** A connection that receives values of type `P` and sends replies of type `Out`. Both fail with `F`. */
export interface Answered<P, Out, F> {
  readonly payloads: () => Stream.Stream<P, F>
  readonly runForEach: <E, R>(f: (payload: P) => Effect.Effect<void, E, R>) => Effect.Effect<void, E | F, R>
  readonly send: (reply: Out) => Effect.Effect<void, F>
  readonly sendAll: <E, R>(replies: Stream.Stream<Out, E, R>) => Effect.Effect<void, E | F, R>
}

/**
 * Makes a function that answers each payload or message of a connection with the result of an effect, in order. Throws
 * `SettingsError` when `concurrency` is invalid.
 */
export const respondWith =
  <P, Out, F>() =>
  <EA, E2, R2>(options: RespondOptions & Partial<RespondOnErrorOptions<EA, E2, R2, P, Out>>) => {
    const { onError } = options
    const { concurrency } = check.checkOrThrow(
      { concurrency: options.concurrency ?? 1 },
      { concurrency: check.limitOf("payloads") },
    )
    return <E extends EA, R>(
      f: (payload: P) => Effect.Effect<Out | undefined, E, R>,
      { payloads, runForEach, send, sendAll }: Answered<P, Out, F>,
    ): Effect.Effect<void, E | E2 | F, R | R2> => {
      const answer = (payload: P): Effect.Effect<Out | undefined, E | E2, R | R2> =>
        onError === undefined ? f(payload) : Effect.catchAll(f(payload), (error) => onError(error, payload))
      if (concurrency > 1) {
        const replies = Stream.mapEffect(payloads(), answer, { concurrency })
        return sendAll(Stream.filter(replies, (reply) => reply !== undefined))
      }
      return runForEach((payload) =>
        Effect.flatMap(answer(payload), (reply) => (reply === undefined ? Effect.void : send(reply))),
      )
    }
  }
