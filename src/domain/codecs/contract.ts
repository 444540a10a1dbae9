import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { CodecError } from "../errors.ts"

/** Converts between values of `A` and payloads of frames, synchronously. */
export interface Codec<A> {
  /** The name in errors and events, such as `json`. */
  readonly name: string
  readonly encode: (value: A) => Either.Either<Uint8Array, CodecError>
  readonly decode: (payload: Uint8Array) => Either.Either<A, CodecError>
}

/**
 * A codec that may need services `R` or asynchronous work. Each {@link Codec} is also an `EffectCodec`, because an
 * `Either` is an `Effect`. If the result is an `Either`, the library reads it without a step of the fiber.
 */
export interface EffectCodec<A, R> {
  /** The name in errors and events, such as `json`. */
  readonly name: string
  readonly encode: (value: A) => Effect.Effect<Uint8Array, CodecError, R>
  readonly decode: (payload: Uint8Array) => Effect.Effect<A, CodecError, R>
}

/** Whether the result of a codec is an `Either`, so that it can be read without running an effect. */
export const isSettled = <A, E, R>(
  result: Effect.Effect<A, E, R>,
): result is Effect.Effect<A, E, R> & Either.Either<A, E> => Either.isEither(result)
