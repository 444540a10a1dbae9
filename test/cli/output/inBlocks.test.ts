import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { shownEvents } from "../../../src/cli/output/eventBlocks.ts"
import { defaultLook } from "../../../src/cli/output/Look.ts"
import { largeFrameBytes } from "../../../src/cli/output/Page.ts"
import type { ServerEvent } from "../../../src/domain/index.ts"
import { closed, received, sent } from "../../support/serverTexts.ts"

const look = { ...defaultLook, gap: Duration.millis(20) }

/** An event as a short text: the data of a client, or the tag of another event. */
const short = (event: ServerEvent): string =>
  event._tag === "FrameReceived"
    ? `#${event.id} ${Buffer.from(event.bytes)}`
    : event._tag === "FrameSent"
      ? `sent ${Buffer.from(event.bytes)}`
      : event._tag

const at = (millis: number, event: ServerEvent): ServerEvent => ({ ...event, at: millis })

/** The shown events of a stream of events that ends. */
const shown = (events: ReadonlyArray<ServerEvent>) =>
  Effect.map(Stream.runCollect(shownEvents(Stream.fromIterable(events), look)), (all) => [...all].map(short))

describe("received data with a gap", () => {
  it.effect("is one block until a pause of its client, whatever other clients send", () =>
    Effect.gen(function* () {
      const events = [
        at(0, received(1, "a")),
        at(5, received(2, "x")),
        at(20, received(1, "b")),
        at(30, received(2, "y")),
        at(40, received(1, "c")),
        at(61, received(1, "d")),
      ]
      expect(yield* shown(events)).toEqual(["#2 x", "#1 abc", "#2 y", "#1 d"])
    }),
  )

  it.effect("comes before what is sent to its client, and before the end of its client", () =>
    Effect.gen(function* () {
      const events = [
        at(0, received(1, "a")),
        at(0, received(2, "x")),
        at(1, sent([1], "answer")),
        at(2, received(1, "b")),
        at(3, closed(2)),
        at(4, { _tag: "EventsMissed", seq: 9, at: 4, missed: 1 }),
      ]
      expect(yield* shown(events)).toEqual(["#1 a", "sent answer", "#2 x", "ConnectionClosed", "#1 b", "EventsMissed"])
    }),
  )

  it.effect("has the time of its first byte, and is split at the size of a large frame", () =>
    Effect.gen(function* () {
      const half = new Uint8Array(largeFrameBytes / 2 + 1)
      const events = [at(7, received(1, half)), at(8, received(1, half)), at(9, received(1, half))]
      const blocks = [...(yield* Stream.runCollect(shownEvents(Stream.fromIterable(events), look)))]
      expect(blocks.map((event) => [event.at, "bytes" in event ? event.bytes.length : 0])).toEqual([
        [7, half.length],
        [8, half.length],
        [9, half.length],
      ])
    }),
  )

  it.scoped("is shown when the pause is over, without another event", () =>
    Effect.gen(function* () {
      const queue = yield* Queue.unbounded<ServerEvent>()
      const rows = yield* Queue.unbounded<string>()
      const running = yield* Effect.forkScoped(
        Stream.runForEach(shownEvents(Stream.fromQueue(queue), look), (event) => rows.offer(short(event))),
      )
      yield* queue.offer(at(0, received(1, "a")))
      yield* TestClock.adjust("15 millis")
      yield* queue.offer(at(15, received(1, "b")))
      yield* TestClock.adjust("19 millis")
      expect(yield* rows.size).toBe(0)
      yield* TestClock.adjust("1 millis")
      expect(yield* rows.take).toBe("#1 ab")
      yield* queue.offer(at(100, received(2, "c")))
      yield* queue.shutdown
      yield* Fiber.join(running)
      expect(yield* rows.takeAll).toHaveLength(1)
    }),
  )
})
