import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { EventSubscribeOptions } from "../../src/runtime/EventBus.ts"
import { nextTurn } from "../../src/testing/turns.ts"
import { lifeCost, makeProbe, type ProbeEvent, seqs } from "../support/eventBusProbe.ts"
import { runs } from "../support/properties.ts"

const whole = (stream: Stream.Stream<{ readonly seq: number }>) =>
  Effect.map(Stream.runCollect(stream), (events) => seqs(Chunk.toReadonlyArray(events)))

describe("numbers and subscribers", () => {
  it.scoped("events are numbered from 1 and carry the time at which they were emitted", () =>
    Effect.gen(function* () {
      const { bus, life, clock } = makeProbe()
      const stream = yield* bus.subscribe()
      clock.millis = 1000
      life()
      clock.millis = 2000
      life()
      bus.end()
      expect(Chunk.toReadonlyArray(yield* Stream.runCollect(stream))).toEqual([
        { _tag: "Life", seq: 1, at: 1000 },
        { _tag: "Life", seq: 2, at: 2000 },
      ])
    }),
  )

  it.scoped("a subscriber gets all events since its subscription, whenever it runs the stream", () =>
    Effect.gen(function* () {
      const { bus, life } = makeProbe()
      life()
      const early = yield* bus.subscribe()
      life()
      const late = yield* bus.subscribe()
      life()
      bus.end()
      expect([yield* whole(early), yield* whole(late)]).toEqual([[2, 3], [3]])
    }),
  )

  it.scoped("frames go only to subscribers of frames", () =>
    Effect.gen(function* () {
      const { bus, life, frame } = makeProbe()
      const lives = yield* bus.subscribe()
      const all = yield* bus.subscribe({ frames: true })
      life()
      frame(3)
      life()
      bus.end()
      expect([yield* whole(lives), yield* whole(all)]).toEqual([
        [1, 3],
        [1, 2, 3],
      ])
    }),
  )

  it.scoped(
    "a frame is neither built nor numbered without a subscriber of frames, and no event is built without a subscriber",
    () =>
      Effect.gen(function* () {
        const { bus, life, frame, built } = makeProbe()
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* bus.subscribe()
            expect(bus.wantsFrames()).toBe(false)
            frame(1)
            yield* bus.subscribe({ frames: true })
            expect(bus.wantsFrames()).toBe(true)
            frame(1)
          }),
        )
        expect(bus.wantsFrames()).toBe(false)
        frame(1)
        life()
        expect(built).toEqual(["Frame 1"])
        yield* bus.subscribe()
        life()
        expect(built).toEqual(["Frame 1", "Life 3"])
      }),
  )

  it.scoped("a waiting subscriber gets an event at once", () =>
    Effect.gen(function* () {
      const { bus, life } = makeProbe()
      const fiber = yield* Effect.fork(Stream.runHead(yield* bus.subscribe()))
      yield* nextTurn
      life()
      expect((yield* Fiber.join(fiber))._tag).toBe("Some")
    }),
  )

  it.scoped(
    "after the end, a subscriber still gets its buffered events, and one that waits or subscribes later ends",
    () =>
      Effect.gen(function* () {
        const { bus, life } = makeProbe()
        const behind = yield* bus.subscribe()
        life()
        const waiting = yield* Effect.fork(whole(yield* bus.subscribe()))
        yield* nextTurn
        bus.end()
        expect(yield* whole(behind)).toEqual([1])
        expect(yield* Fiber.join(waiting)).toEqual([])
        expect(yield* whole(yield* bus.subscribe())).toEqual([])
      }),
  )

  it.effect("the end of the scope unsubscribes: the stream has the buffered events, no later ones, and then ends", () =>
    Effect.gen(function* () {
      const { bus, life } = makeProbe()
      const scope = yield* Scope.make()
      const stream = yield* Scope.extend(bus.subscribe(), scope)
      life()
      yield* Scope.close(scope, Exit.void)
      life()
      expect(yield* whole(stream)).toEqual([1])
    }),
  )
})

describe("an interrupted pull", () => {
  it.scoped("loses no event while it waits", () =>
    Effect.gen(function* () {
      const { bus, life } = makeProbe()
      const stream = yield* bus.subscribe()
      const fiber = yield* Effect.fork(Stream.runDrain(stream))
      yield* nextTurn
      yield* Fiber.interrupt(fiber)
      life()
      bus.end()
      expect(yield* whole(stream)).toEqual([1])
    }),
  )

  for (const order of ["before", "after"] as const) {
    it.scoped(`loses no event of the same turn, right ${order} the interruption`, () =>
      Effect.gen(function* () {
        const { bus, life } = makeProbe()
        const stream = yield* bus.subscribe()
        const taken: Array<{ readonly seq: number }> = []
        const fiber = yield* Effect.fork(Stream.runForEach(stream, (event) => Effect.sync(() => taken.push(event))))
        yield* nextTurn
        if (order === "before") life()
        fiber.unsafeInterruptAsFork(fiber.id())
        if (order === "after") life()
        yield* Fiber.await(fiber)
        life()
        bus.end()
        expect([...seqs(taken), ...(yield* whole(stream))]).toEqual([1, 2])
      }),
    )
  }
})

describe("a full drop-oldest subscriber", () => {
  const room = { bufferBytes: 4 * lifeCost }

  it.scoped("keeps all events up to its limit, and has an empty buffer after it takes them", () =>
    Effect.gen(function* () {
      const { bus, life } = makeProbe()
      const pull = yield* Stream.toPull(yield* bus.subscribe(room))
      for (let count = 0; count < 4; count++) life()
      expect(seqs([...(yield* pull)])).toEqual([1, 2, 3, 4])
      for (let count = 0; count < 4; count++) life()
      expect(seqs([...(yield* pull)])).toEqual([5, 6, 7, 8])
    }),
  )

  it.scoped("loses the oldest events, has one EventsMissed in their place, and does not block its owner", () =>
    Effect.gen(function* () {
      const { bus, life, edges } = makeProbe()
      const stream = yield* bus.subscribe(room)
      for (let count = 0; count < 5; count++) life()
      bus.end()
      expect(Chunk.toReadonlyArray(yield* Stream.runCollect(stream))).toEqual([
        { _tag: "EventsMissed", seq: 3, at: 0, missed: 3 },
        { _tag: "Life", seq: 4, at: 0 },
        { _tag: "Life", seq: 5, at: 0 },
      ])
      expect([edges, bus.isBlocked()]).toEqual([[], false])
    }),
  )

  it.scoped("gets the newest event whatever its size, after the EventsMissed", () =>
    Effect.gen(function* () {
      const { bus, frame, life } = makeProbe()
      const stream = yield* bus.subscribe({ ...room, frames: true })
      for (let count = 0; count < 3; count++) life()
      frame(5 * lifeCost)
      bus.end()
      const got = Chunk.toReadonlyArray(yield* Stream.runCollect(stream))
      expect(got.map(({ _tag, seq }) => [_tag, seq])).toEqual([
        ["EventsMissed", 3],
        ["Frame", 4],
      ])
    }),
  )

  it.scoped("costs another subscriber no event", () =>
    Effect.gen(function* () {
      const { bus, life } = makeProbe()
      yield* bus.subscribe({ bufferBytes: 0 })
      const other = yield* bus.subscribe()
      for (let count = 0; count < 100; count++) life()
      bus.end()
      expect((yield* whole(other)).length).toBe(100)
    }),
  )
})

const step = FastCheck.oneof(
  { weight: 4, arbitrary: FastCheck.constant("life" as const) },
  { weight: 4, arbitrary: FastCheck.nat({ max: 3 * lifeCost }) },
  { weight: 1, arbitrary: FastCheck.constant("take" as const) },
)

const costOf = (event: ProbeEvent): number => {
  if (event._tag === "EventsMissed") return 0
  return lifeCost + (event._tag === "Frame" ? event.bytes.length : 0)
}

/** Emits and takes in the given order, then ends the bus. Returns each chunk that was taken. */
const play = (steps: ReadonlyArray<number | "life" | "take">, options: EventSubscribeOptions) =>
  Effect.gen(function* () {
    const probe = makeProbe()
    const { bus, life, frame } = probe
    const pull = yield* Stream.toPull(yield* bus.subscribe({ ...options, frames: true }))
    const taken: Array<ReadonlyArray<ProbeEvent>> = []
    const take = Effect.map(pull, (chunk) => taken.push(Chunk.toReadonlyArray(chunk)))
    let emitted = 0
    let waiting = false
    for (const next of steps) {
      if (next === "take") {
        if (waiting) yield* take
        waiting = false
      } else {
        if (next === "life") life()
        else frame(next)
        emitted++
        waiting = true
      }
    }
    bus.end()
    yield* Effect.ignore(Effect.forever(take))
    return { taken, emitted, edges: probe.edges, blocked: bus.isBlocked() }
  })

describe("whatever is emitted and taken", () => {
  it.scoped.prop(
    "drop-oldest: each event is delivered, or counted in the EventsMissed at its place, and the buffer stays within its limit",
    [FastCheck.array(step, { maxLength: 60 }), FastCheck.integer({ min: 0, max: 6 * lifeCost })],
    ([steps, bufferBytes]) =>
      Effect.gen(function* () {
        const { taken, emitted } = yield* play(steps, { bufferBytes })
        let last = 0
        for (const event of taken.flat()) {
          last += event._tag === "EventsMissed" ? event.missed : 1
          expect(event.seq).toBe(last)
        }
        expect(last).toBe(emitted)
        for (const chunk of taken) {
          const held = chunk.slice(0, -1).map(costOf)
          expect(held.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(bufferBytes)
        }
      }),
    runs(300),
  )

  it.scoped.prop(
    "block: no frame is lost, each other event is delivered or counted at its place, and each change is reported once",
    [FastCheck.array(step, { maxLength: 60 }), FastCheck.integer({ min: 0, max: 6 * lifeCost })],
    ([steps, bufferBytes]) =>
      Effect.gen(function* () {
        const { taken, emitted, edges, blocked } = yield* play(steps, { bufferBytes, overflow: "block" })
        let last = 0
        for (const event of taken.flat()) {
          last += event._tag === "EventsMissed" ? event.missed : 1
          expect(event.seq).toBe(last)
        }
        expect(last).toBe(emitted)
        const frames = taken.flat().filter(({ _tag }) => _tag === "Frame")
        expect(frames.length).toBe(steps.filter((next) => typeof next === "number").length)
        for (const chunk of taken) {
          const lives = chunk.slice(0, -1).filter(({ _tag }) => _tag === "Life")
          expect(lives.length * lifeCost).toBeLessThanOrEqual(2 * bufferBytes)
        }
        expect(edges).toEqual(edges.map((_, index) => index % 2 === 0))
        expect([edges.length % 2, blocked]).toEqual([0, false])
      }),
    runs(300),
  )
})
