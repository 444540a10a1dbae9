import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { EventBus, type EventSubscribeOptions } from "../../src/runtime/EventBus.ts"

type Probe = { readonly seq: number; readonly at: number } & (
  | { readonly _tag: "ConnectionOpened" | "ConnectionClosed" | "ConnectionRefused" | "Reconnecting" }
  | { readonly _tag: "FrameReceived"; readonly bytes: Uint8Array }
  | { readonly _tag: "EventsMissed"; readonly missed: number }
)
type Tag = Exclude<Probe["_tag"], "EventsMissed">

/** Returns what a subscriber gets after events that it did not take: the tags, each with the number of its repetitions. */
const taken = (options: EventSubscribeOptions, tags: ReadonlyArray<readonly [Tag, number]>) =>
  Effect.gen(function* () {
    const edges: Array<boolean> = []
    const bus = new EventBus<Probe>({
      now: () => 0,
      missedEvent: (missed, stamp) => ({ _tag: "EventsMissed", ...stamp, missed }),
      onBlocked: (blocked) => edges.push(blocked),
    })
    const events = yield* bus.subscribe({ frames: true, ...options })
    for (const [_tag, times] of tags) {
      for (let time = 0; time < times; time++) {
        if (_tag === "FrameReceived") bus.emitFrame((seq, at) => ({ seq, at, _tag, bytes: new Uint8Array(0) }))
        else bus.emit((seq, at) => ({ seq, at, _tag }))
      }
    }
    bus.end()
    const all = Chunk.toReadonlyArray(yield* Stream.runCollect(events))
    let seq = 0
    for (const event of all) {
      seq += event._tag === "EventsMissed" ? event.missed : 1
      expect(event.seq).toBe(seq)
    }
    expect(seq).toBe(tags.reduce((sum, [, times]) => sum + times, 0))
    return { tags: all.map((event) => (event._tag === "EventsMissed" ? event.missed : event._tag)), edges }
  })

const bufferBytes = 8 * 256

describe("a subscriber that drops frames", () => {
  it.scoped("loses frames before events of connections, which stay in order among the gaps", () =>
    Effect.gen(function* () {
      const { tags } = yield* taken({ bufferBytes, overflow: "drop-frames" }, [
        ["ConnectionOpened", 1],
        ["FrameReceived", 100],
        ["ConnectionClosed", 1],
        ["ConnectionOpened", 1],
        ["FrameReceived", 100],
        ["ConnectionClosed", 1],
      ])
      const lives = tags.filter((tag) => typeof tag === "string" && tag.startsWith("Connection"))
      expect(lives).toEqual(["ConnectionOpened", "ConnectionClosed", "ConnectionOpened", "ConnectionClosed"])
      expect(tags[1]).toBe(100)
      expect(tags.filter((tag) => tag === "FrameReceived").length).toBeLessThan(8)
    }),
  )

  it.scoped("is still bounded: it loses attempts first, then other events of connections when they are too many", () =>
    Effect.gen(function* () {
      const refused = yield* taken({ bufferBytes, overflow: "drop-frames" }, [
        ["ConnectionOpened", 2],
        ["ConnectionRefused", 1000],
      ])
      expect(refused.tags.slice(0, 2)).toEqual(["ConnectionOpened", "ConnectionOpened"])
      expect(refused.tags.length).toBeLessThan(12)
      const opened = yield* taken({ bufferBytes, overflow: "drop-frames" }, [["ConnectionOpened", 1000]])
      expect(opened.tags[0]).toBeGreaterThan(900)
      expect(opened.tags.length).toBeLessThan(12)
    }),
  )
})

describe("a subscriber that blocks", () => {
  it.scoped("gets further attempts as a count, and loses no frame and no connection to them", () =>
    Effect.gen(function* () {
      for (const attempt of ["ConnectionRefused", "Reconnecting"] as const) {
        const { tags, edges } = yield* taken({ bufferBytes, overflow: "block" }, [
          ["ConnectionOpened", 1],
          ["FrameReceived", 20],
          [attempt, 3000],
          ["ConnectionClosed", 1],
        ])
        expect(edges).toEqual([true, false])
        expect(tags[0]).toBe("ConnectionOpened")
        expect(tags.at(-1)).toBe("ConnectionClosed")
        expect(tags.filter((tag) => tag === "FrameReceived").length).toBe(20)
        expect(tags.length).toBeLessThan(40)
      }
    }),
  )

  it.scoped("is bounded when connections open and close endlessly", () =>
    Effect.gen(function* () {
      const { tags } = yield* taken({ bufferBytes, overflow: "block" }, [
        ["FrameReceived", 3],
        ["ConnectionOpened", 500],
        ["ConnectionClosed", 500],
        ["FrameReceived", 2],
      ])
      expect(tags.filter((tag) => tag === "FrameReceived").length).toBe(5)
      expect(tags.length).toBeLessThan(25)
    }),
  )
})
