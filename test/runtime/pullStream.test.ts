import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { pullStream } from "../../src/runtime/pullStream.ts"

/** A source of chunks, and the number of its pulls. */
const sourceOf = (...chunks: ReadonlyArray<ReadonlyArray<number>>) => {
  const source = { pulls: 0 }
  const pull = Effect.sync(() => {
    const chunk = chunks[source.pulls++]
    return chunk === undefined ? undefined : Chunk.fromIterable(chunk)
  })
  return { source, stream: pullStream(pull) }
}

describe("a stream of pulls", () => {
  it.effect("has all chunks in order, including empty ones, until a pull returns none", () =>
    Effect.gen(function* () {
      const { stream, source } = sourceOf([1, 2], [], [3])
      expect(Chunk.toReadonlyArray(yield* Stream.runCollect(stream))).toEqual([1, 2, 3])
      expect(source.pulls).toBe(4)
    }),
  )

  it.effect("pulls only on demand", () =>
    Effect.gen(function* () {
      const { stream, source } = sourceOf([1], [2], [3])
      expect(Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(stream, 2)))).toEqual([1, 2])
      expect(source.pulls).toBe(2)
    }),
  )

  it.effect("fails as its pull does, after the earlier chunks", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      let pulls = 0
      const pull = Effect.suspend(() => (pulls++ === 0 ? Effect.succeed(Chunk.of(1)) : Effect.fail("broken")))
      const result = yield* Effect.either(
        Stream.runForEach(pullStream(pull), (one) => Effect.sync(() => seen.push(one))),
      )
      expect([seen, result]).toMatchObject([[1], { _tag: "Left", left: "broken" }])
    }),
  )

  it.effect("does not grow the stack in a hundred thousand pulls", () =>
    Effect.gen(function* () {
      let pulls = 0
      const pull = Effect.sync(() => (pulls++ < 100_000 ? Chunk.of(1) : undefined))
      expect(yield* Stream.runFold(pullStream(pull), 0, (sum, one) => sum + one)).toBe(100_000)
    }),
  )
})
