import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { GapBlocks } from "./GapBlocks.ts"

type Pull<E> = Effect.Effect<Chunk.Chunk<E>, Option.Option<never>>

/** A stream of the same items, in which each block replaces the items that it joins. */
export const inBlocks = <E>(items: Stream.Stream<E>, blocks: GapBlocks<E>): Stream.Stream<E> =>
  Stream.fromPull(
    Effect.gen(function* () {
      const pull = yield* Stream.toPull(items)
      const scope = yield* Effect.scope
      // An interrupted pull could lose items. So a separate fiber pulls, and a pause interrupts only the wait for that
      // fiber.
      let pulling: Fiber.Fiber<Chunk.Chunk<E>, Option.Option<never>> | undefined
      let isOver = false
      const next: Pull<E> = Effect.gen(function* () {
        if (isOver) return yield* Effect.fail(Option.none())
        pulling ??= yield* Effect.forkIn(pull, scope)
        const pulled = Effect.asSome(Fiber.await(pulling))
        const left = blocks.millisLeft(yield* Clock.currentTimeMillis)
        const exit =
          left === undefined
            ? yield* pulled
            : yield* Effect.raceFirst(pulled, Effect.as(Effect.sleep(Math.ceil(left)), Option.none()))
        if (Option.isNone(exit)) return Chunk.fromIterable(blocks.pause(yield* Clock.currentTimeMillis))
        pulling = undefined
        if (Exit.isSuccess(exit.value)) return Chunk.fromIterable(blocks.push(exit.value.value))
        isOver = true
        const rest = blocks.endAll()
        return rest.length > 0 ? Chunk.fromIterable(rest) : yield* Effect.failCause(exit.value.cause)
      })
      return Effect.repeat(next, { until: Chunk.isNonEmpty })
    }),
  )
