import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { lifeCost, makeProbe } from "../support/eventBusProbe.ts"

const blocking = { bufferBytes: 2 * lifeCost, overflow: "block" } as const

describe("a full blocking subscriber", () => {
  it.scoped("blocks its owner when its buffer is full, and unblocks it after taking the events", () =>
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

  it.scoped("of several, the first full one blocks the owner and the last unblocks it", () =>
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

  it.effect("unblocks its owner once when it unsubscribes", () =>
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

  it.scoped("ignores frames that it did not subscribe to", () =>
    Effect.gen(function* () {
      const { bus, frame, edges } = makeProbe()
      yield* bus.subscribe(blocking)
      yield* bus.subscribe({ frames: true })
      frame(100 * lifeCost)
      expect([edges, bus.isBlocked()]).toEqual([[], false])
    }),
  )

  it.scoped("an owner that emits when it is unblocked keeps the order of events", () =>
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
