import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Framing } from "../../src/domain/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { overMemory, rowsOf, serverWindow, text } from "../support/assistants.ts"

const line = { settings: { frame: Framing.line } }

it.scoped("a repeat sends at once and at each interval, without drift, up to its count", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow(line)
      const client = yield* connect()
      const started = yield* assistant.execute({
        _tag: "Repeat",
        payload: text("tick ${counter}"),
        interval: 100,
        count: 4,
      })
      expect(started).toEqual({ _tag: "RepeatStarted", repeat: 1 })
      expect(yield* Testing.receiveText(client)).toBe("tick 1")
      for (const number of [2, 3]) {
        yield* TestClock.adjust("100 millis")
        expect(yield* Testing.receiveText(client)).toBe(`tick ${number}`)
      }
      expect((yield* assistant.state).repeats).toMatchObject([{ repeat: 1, sent: 3, of: 4, intervalMillis: 100 }])
      yield* TestClock.adjust("100 millis")
      expect(yield* Testing.receiveText(client)).toBe("tick 4")
      expect((yield* assistant.state).repeats).toEqual([])
      const rows = yield* rowsOf(assistant, { direction: "sent" })
      expect(rows.map(({ at, by }) => [at, by])).toEqual([0, 100, 200, 300].map((at) => [at, "repeat 1"]))
    }),
  ),
)

it.scoped("a repeat without clients shows its problem and continues, until it is cancelled", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow(line)
      yield* assistant.execute({ _tag: "Repeat", payload: text("tick"), interval: 1000 })
      yield* TestClock.adjust("3 seconds")
      expect((yield* assistant.state).repeats).toMatchObject([{ sent: 0, problem: "no client is connected" }])
      const client = yield* connect()
      yield* TestClock.adjust("1 second")
      expect(yield* Testing.receiveText(client)).toBe("tick")
      const [repeat] = (yield* assistant.state).repeats
      expect(repeat).toMatchObject({ sent: 1 })
      expect(repeat?.problem).toBeUndefined()
      yield* assistant.execute({ _tag: "Repeat", payload: text("tock"), interval: 1000 })
      expect(yield* assistant.execute({ _tag: "Cancel", repeat: 1 })).toEqual({ _tag: "Cancelled", repeats: [1] })
      expect(yield* assistant.execute({ _tag: "Cancel" })).toEqual({ _tag: "Cancelled", repeats: [2] })
      expect((yield* assistant.state).repeats).toEqual([])
      expect(yield* Effect.flip(assistant.execute({ _tag: "Cancel", repeat: 7 }))).toMatchObject({ reason: "unknown" })
      expect(
        yield* Effect.flip(assistant.execute({ _tag: "Repeat", payload: { form: "hex", content: "x" }, interval: 10 })),
      ).toMatchObject({ reason: "payload" })
    }),
  ),
)
