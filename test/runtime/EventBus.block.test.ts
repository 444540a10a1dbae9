import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { lifeCost, makeProbe } from "../support/eventBusProbe.ts"

const blocking = { bufferBytes: 2 * lifeCost, overflow: "block" } as const

describe("a full blocking subscriber", () => {
  it.scoped("holds its owner back once it is over its buffer, and releases it once it has taken", () =>
    Effect.gen(function* () {
      const { bus, life, edges } = makeProbe()
      const pull = yield* Stream.toPull(yield* bus.subscribe(blocking))
      life()
      life()
      expect([edges, bus.isBlocked()]).toEqual([[], false])
      life()
      life()
      expect([edges, bus.isBlocked()]).toEqual([[true], true])
      expect((yield* pull).length).toBe(4)
      expect([edges, bus.isBlocked()]).toEqual([[true, false], false])
    }),
  )

  it.scoped("of several, the first holds the owner back and the last releases it", () =>
    Effect.gen(function* () {
      const { bus, life, edges } = makeProbe()
      const one = yield* Stream.toPull(yield* bus.subscribe(blocking))
      const other = yield* Stream.toPull(yield* bus.subscribe({ ...blocking, bufferBytes: 3 * lifeCost }))
      for (let count = 0; count < 4; count++) life()
      expect(edges).toEqual([true])
      yield* one
      expect([edges, bus.isBlocked()]).toEqual([[true], true])
      yield* other
      expect([edges, bus.isBlocked()]).toEqual([[true, false], false])
    }),
  )

  it.effect("releases its owner when it unsubscribes, once", () =>
    Effect.gen(function* () {
      const { bus, life, edges } = makeProbe()
      const scope = yield* Scope.make()
      const stream = yield* Scope.extend(bus.subscribe(blocking), scope)
      for (let count = 0; count < 3; count++) life()
      yield* Scope.close(scope, Exit.void)
      expect([edges, bus.isBlocked()]).toEqual([[true, false], false])
      yield* Stream.runDrain(stream)
      expect(edges).toEqual([true, false])
    }),
  )

  it.scoped("of frames it did not ask for takes no notice", () =>
    Effect.gen(function* () {
      const { bus, frame, edges } = makeProbe()
      yield* bus.subscribe(blocking)
      yield* bus.subscribe({ frames: true })
      frame(100 * lifeCost)
      expect([edges, bus.isBlocked()]).toEqual([[], false])
    }),
  )

  it.scoped("an owner that emits on being released keeps the order of events", () =>
    Effect.gen(function* () {
      const { bus, life, onEdge } = makeProbe()
      const pull = yield* Stream.toPull(yield* bus.subscribe(blocking))
      onEdge((blocked) => {
        if (!blocked) life()
      })
      for (let count = 0; count < 3; count++) life()
      expect([...(yield* pull)].map((event) => event.seq)).toEqual([1, 2, 3])
      expect([...(yield* pull)].map((event) => event.seq)).toEqual([4])
    }),
  )
})
