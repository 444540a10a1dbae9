import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Rates } from "../../src/assistant/internal/Rates.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { serverWindow, text } from "../support/assistants.ts"
import { utf8 } from "../support/texts.ts"

const counters = (bytesIn: number, framesIn = 0) => ({ bytesIn, bytesOut: 0, framesIn, framesOut: 0 })

describe("the history of rates", () => {
  it("has a point for each second, and the rates of the last sample", () => {
    const rates = new Rates(counters(0), 0, 10_000)
    rates.sample(counters(100, 1), 1000, 11_000)
    rates.sample(counters(400, 2), 2000, 12_000)
    expect(rates.history).toEqual({
      start: 10,
      bytesIn: [100, 300],
      bytesOut: [0, 0],
      framesIn: [1, 1],
      framesOut: [0, 0],
    })
    expect([rates.rateIn, rates.rateOut]).toEqual([300, 0])
  })

  it("spreads what moved in an unwatched time over its seconds, and calls nothing of that the present rate", () => {
    const rates = new Rates(counters(0), 0, 0)
    rates.sample(counters(1000), 10_000, 10_000)
    expect(rates.history.bytesIn).toEqual(Array.from({ length: 10 }, () => 100))
    expect(rates.rateIn).toBe(0)
  })

  it("keeps ten minutes, and loses no byte when the clock is set back", () => {
    const rates = new Rates(counters(0), 0, 0)
    for (let second = 1; second <= 700; second++) rates.sample(counters(second), second * 1000, second * 1000)
    expect(rates.history).toMatchObject({ start: 100 })
    expect(rates.history.bytesIn).toEqual(Array.from({ length: 600 }, () => 1))
    rates.sample(counters(750), 701_000, 300_000)
    expect(rates.history.bytesIn).toHaveLength(600)
    expect(rates.history.bytesIn.at(-1)).toBe(51)
    expect(rates.rateIn).toBe(50)
  })

  it.scoped("of a window counts what its clients send and are sent", () =>
    Effect.gen(function* () {
      const { assistant, connect, events } = yield* serverWindow()
      const client = yield* connect()
      yield* client.send(utf8("12345"))
      yield* events.first("FrameReceived", 1)
      yield* assistant.execute({ _tag: "Broadcast", payload: text("abc") })
      yield* Testing.receiveText(client)
      yield* TestClock.adjust("1 second")
      const { bytesIn, bytesOut, framesIn, framesOut } = yield* assistant.rates
      const sum = (points: ReadonlyArray<number>) => points.reduce((total, point) => total + point, 0)
      expect([bytesIn, bytesOut, framesIn, framesOut].map(sum)).toEqual([5, 3, 1, 1])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
