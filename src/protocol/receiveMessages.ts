import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { MessageSource, OnInvalid, TakenPayloads } from "../connection/index.ts"
import { Codec, type CodecError, type ConnectionClosedError, type SendError } from "../domain/index.ts"
import { pullStream } from "../runtime/pullStream.ts"

/** What happens after a payload that the codec cannot decode. */
export type WhenInvalid = "close" | "skip" | ((error: CodecError) => Effect.Effect<void, CodecError | SendError>)

/** Binds a function `onInvalid` to the connection that it receives. */
export const whenInvalidOf = <C>(onInvalid: OnInvalid<C>, connection: () => C): WhenInvalid =>
  typeof onInvalid === "string" ? onInvalid : (error) => onInvalid(error, connection())

type Failed = ConnectionClosedError | CodecError

/**
 * Reports a payload that the codec cannot decode, then closes the connection, skips the payload or runs the program's
 * effect. Fails if no further message may be read.
 */
const settleInvalid = (source: MessageSource, error: CodecError, frame: number, whenInvalid: WhenInvalid) =>
  Effect.suspend((): Effect.Effect<void, Failed> => {
    const placed = source.report(error, frame)
    if (whenInvalid === "skip") return Effect.void
    const close = Effect.suspend(() => {
      source.refuse(placed)
      return Effect.fail(placed)
    })
    if (whenInvalid === "close") return close
    return Effect.catchAll(
      whenInvalid(placed),
      (failure): Effect.Effect<never, Failed> =>
        failure._tag === "ConnectionClosedError" ? Effect.fail(failure) : close,
    )
  })

/** Takes the next message. Returns `None` after the peer's FIN. */
export const receiveMessage = <In>(
  source: MessageSource,
  codec: Codec.EffectCodec<In, never>,
  whenInvalid: WhenInvalid,
): Effect.Effect<Option.Option<In>, Failed> => {
  const next: Effect.Effect<Option.Option<In>, Failed> = Effect.flatMap(source.next, (payload) => {
    if (payload === undefined) return Effect.succeedNone
    const frame = source.taken()
    return Effect.flatMap(Effect.either(codec.decode(payload)), (result) =>
      Either.isRight(result)
        ? Effect.succeedSome(result.right)
        : Effect.zipRight(settleInvalid(source, result.left, frame, whenInvalid), next),
    )
  })
  return next
}

/**
 * Runs an effect for each message until the peer's FIN. If `f` returns `Effect.void`, there is nothing to run, so the
 * next message follows without a step of the fiber.
 */
export const runForEachMessage = <In, E, R>(
  source: MessageSource,
  codec: Codec.EffectCodec<In, never>,
  whenInvalid: WhenInvalid,
  f: (message: In) => Effect.Effect<void, E, R>,
): Effect.Effect<void, E | Failed, R> =>
  Effect.suspend(() => {
    const settle = (decoded: Effect.Effect<In, CodecError>, frame: number) =>
      Effect.flatMap(
        Effect.either(decoded),
        (result): Effect.Effect<void, E | Failed, R> =>
          Either.isRight(result) ? f(result.right) : settleInvalid(source, result.left, frame, whenInvalid),
      )
    const effectOf = (payload: Uint8Array): Effect.Effect<void, E | Failed, R> => {
      // Codecs and `f` can be user code. An exception is a defect of the fiber.
      try {
        const decoded = codec.decode(payload)
        return Codec.isSettled(decoded) && Either.isRight(decoded) ? f(decoded.right) : settle(decoded, source.taken())
      } catch (defect) {
        return Effect.die(defect)
      }
    }
    let unhandled: Effect.Effect<void, E | Failed, R> = Effect.void
    const handle = (payload: Uint8Array): boolean => {
      unhandled = effectOf(payload)
      return unhandled === Effect.void
    }
    const next: Effect.Effect<void, E | Failed, R> = Effect.flatMap(source.nextUnhandled(handle), (payload) =>
      payload === undefined ? Effect.void : Effect.zipRight(unhandled, next),
    )
    return next
  })

/** Payloads that were taken at once. The payloads before the index `at` are already delivered. */
interface Rest<In> extends TakenPayloads {
  readonly at: number
  /** The result of decoding the payload at the index `at`, if it was decoded before. */
  readonly decoded: Effect.Effect<In, CodecError> | undefined
}

/** All messages until the peer's FIN. Messages before an invalid one are delivered before the stream reacts to it. */
export const messageStream = <In>(
  source: MessageSource,
  codec: Codec.EffectCodec<In, never>,
  whenInvalid: WhenInvalid,
): Stream.Stream<In, Failed> =>
  Stream.suspend(() => {
    let rest: Rest<In> | undefined

    const pull: Effect.Effect<Chunk.Chunk<In> | undefined, Failed> = Effect.suspend(() =>
      rest === undefined
        ? Effect.flatMap(source.some, (taken) =>
            taken === undefined ? Effect.succeed(undefined) : decodeRest({ ...taken, at: 0, decoded: undefined }),
          )
        : decodeRest(rest),
    )

    const decodeRest = (batch: Rest<In>): Effect.Effect<Chunk.Chunk<In> | undefined, Failed> => {
      const { first, payloads } = batch
      const messages: Array<In> = []
      for (let at = batch.at; at < payloads.length; at++) {
        const decoded = (at === batch.at && batch.decoded) || codec.decode(payloads[at] as Uint8Array)
        if (Codec.isSettled(decoded) && Either.isRight(decoded)) {
          messages.push(decoded.right)
          continue
        }
        if (messages.length > 0) {
          rest = { ...batch, at, decoded }
          return Effect.succeed(Chunk.unsafeFromArray(messages))
        }
        rest = { ...batch, at: at + 1, decoded: undefined }
        return Effect.flatMap(Effect.either(decoded), (result) =>
          Either.isRight(result)
            ? Effect.succeed(Chunk.of(result.right))
            : Effect.zipRight(settleInvalid(source, result.left, first + at, whenInvalid), pull),
        )
      }
      rest = undefined
      return messages.length === 0 ? pull : Effect.succeed(Chunk.unsafeFromArray(messages))
    }

    return pullStream(pull)
  })
