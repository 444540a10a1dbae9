import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { Testing } from "../../src/testing/index.ts"
import { nextTurn } from "../../src/testing/turns.ts"

type Event =
  | { readonly _tag: "Opened"; readonly id: number }
  | { readonly _tag: "FrameReceived"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly _tag: "Closed"; readonly id: number; readonly reason: { readonly _tag: string; readonly after: number } }

const opened = (id: number): Event => ({ _tag: "Opened", id })
const closed = (id: number, after = 0): Event => ({ _tag: "Closed", id, reason: { _tag: "Idle", after } })
const frame = (id: number, ...bytes: ReadonlyArray<number>): Event => ({
  _tag: "FrameReceived",
  id,
  bytes: Uint8Array.from(bytes),
})

/** A probe, and the queue that gives it its events. */
const probed = (within: "1 minute" | "1 millis" = "1 minute") =>
  Effect.gen(function* () {
    const queue = yield* Queue.bounded<Event>(16)
    const events = yield* Testing.probe(Effect.succeed(Stream.fromQueue(queue)), { within })
    return { queue, events, tell: (...told: ReadonlyArray<Event>) => Queue.offerAll(queue, told) }
  })

describe("a probe of events", () => {
  it.scoped("waits for the first event of a tag that passes a test", () =>
    Effect.gen(function* () {
      const { events, tell } = yield* probed()
      const waiting = yield* Effect.fork(events.one("Opened", ({ id }) => id === 2))
      yield* tell(opened(1), closed(1), opened(2))
      expect(yield* Fiber.join(waiting)).toEqual(opened(2))
      expect(yield* events.one("Opened")).toEqual(opened(1))
      expect(yield* events.first("Opened", 2)).toEqual([opened(1), opened(2)])
      expect(events.tags()).toEqual(["Opened", "Closed", "Opened"])
    }),
  )

  it.scoped("finds a later event at each call of next", () =>
    Effect.gen(function* () {
      const { events, tell } = yield* probed()
      yield* tell(opened(1), opened(2), closed(1))
      expect(yield* events.next("Opened")).toEqual(opened(1))
      expect(yield* events.next("Closed")).toEqual(closed(1))
      const waiting = yield* Effect.fork(events.next("Opened"))
      yield* nextTurn
      yield* tell(opened(3))
      expect(yield* Fiber.join(waiting)).toEqual(opened(3))
    }),
  )

  it.scoped("expects events in an order, by tags and by some of their fields, with others between them", () =>
    Effect.gen(function* () {
      const { events, tell } = yield* probed()
      yield* tell(opened(1), opened(2), frame(2, 1, 2), frame(2, 1, 2, 3), closed(2, 5))
      const found = yield* events.expectInOrder(
        "Opened",
        { _tag: "FrameReceived", bytes: Uint8Array.of(1, 2, 3) },
        { _tag: "Closed", reason: { _tag: "Idle" } },
      )
      expect(found).toEqual([opened(1), frame(2, 1, 2, 3), closed(2, 5)])
    }),
  )

  it.scoped("fails, also under TestClock, with the missing event and all events in their order", () =>
    Effect.gen(function* () {
      const { events, tell } = yield* probed("1 millis")
      yield* tell(opened(1), frame(1, 0x68, 0x69, 0x0a), closed(1))
      yield* events.one("Closed")
      const error = yield* Effect.flip(events.expectInOrder("Closed", { _tag: "Opened", id: 2 }))
      expect(error._tag).toBe("EventNotSeen")
      expect(error.message.split("\n")).toEqual([
        "Opened id: 2 after Closed did not come within 1ms; the probe has seen these events:",
        "  Opened id: 1",
        '  FrameReceived id: 1, bytes: "hi\\n"',
        '  Closed id: 1, reason: { _tag: "Idle", after: 0 }',
      ])
    }),
  )

  it.scoped("names the option for frames if a frame is missing and the record has none", () =>
    Effect.gen(function* () {
      const { events } = yield* probed("1 millis")
      const { message } = yield* Effect.flip(events.one("FrameReceived"))
      expect(message).toMatch(/^FrameReceived did not come within 1ms; the probe has seen no events\n.*frames: true/)
    }),
  )
})
