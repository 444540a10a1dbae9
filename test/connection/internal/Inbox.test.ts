import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import { Inbox } from "../../../src/connection/internal/Inbox.ts"
import { Framing } from "../../../src/domain/index.ts"
import { nextTurn } from "../../../src/testing/turns.ts"

const overhead = 32
const wholeRuns: Pick<Framing.Framing, "payloads"> = { payloads: (run, each) => each(run) }
const payload = (length: number, mark = 0) => new Uint8Array(length).fill(mark)

const newInbox = (capacityBytes = 1000) => {
  const holds: Array<boolean> = []
  return { holds, inbox: new Inbox(capacityBytes, wholeRuns, (held) => holds.push(held)) }
}

describe("an inbox", () => {
  it("gives payloads in their order, one by one or all at once", () => {
    const { inbox } = newInbox()
    for (const mark of [1, 2, 3]) inbox.push(payload(1, mark))
    expect(inbox.shift()).toEqual(Uint8Array.of(1))
    inbox.push(payload(1, 4))
    expect(inbox.shiftSome()).toEqual([2, 3, 4].map((mark) => Uint8Array.of(mark)))
    expect([inbox.shift(), inbox.shiftSome()]).toEqual([undefined, undefined])
  })

  it("holds the sender back from its capacity on, until everything has been taken", () => {
    const { inbox, holds } = newInbox(2 * (10 + overhead))
    inbox.push(payload(10))
    expect(holds).toEqual([])
    inbox.push(payload(10))
    inbox.push(payload(10))
    expect(holds).toEqual([true])
    inbox.shift()
    inbox.shift()
    expect(holds).toEqual([true])
    inbox.shift()
    expect(holds).toEqual([true, false])
    for (let count = 0; count < 4; count++) inbox.push(payload(10))
    inbox.shiftSome()
    expect(holds).toEqual([true, false, true, false])
  })

  it("copies small runs that no reader waits for, and releases the memory of their read", () => {
    const { inbox } = newInbox(1_000_000)
    const marks = Array.from({ length: 500 }, (_, at) => at % 251)
    for (const mark of marks) inbox.push(new Uint8Array(8192).fill(mark).subarray(100, 103))
    const payloads = inbox.shiftSome() ?? []
    expect(payloads.map((bytes) => [...bytes])).toEqual(marks.map((mark) => [mark, mark, mark]))
    const buffers = new Set(payloads.map(({ buffer }) => buffer))
    const keptBytes = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0)
    expect(keptBytes).toBeLessThanOrEqual(2 * 500 * 3 + 256)
    // A run that fills most of its buffer is not copied.
    const large = payload(5000).subarray(1)
    inbox.push(large)
    expect(inbox.shift()).toBe(large)
  })

  it("cuts a run only as far as its reader takes it", () => {
    let cut = 0
    const { count, payloads, cut: cutLines } = Framing.line
    const counted: Pick<Framing.Framing, "cut" | "payloads"> = {
      payloads,
      cut: (run, from, most, each) => {
        const next = cutLines?.(run, from, most, each) ?? run.length
        cut += count(run.subarray(from, next))
        return next
      },
    }
    const holds: Array<boolean> = []
    const inbox = new Inbox(1000, counted, (held) => holds.push(held))
    const lineEnds = 65_536
    inbox.push(new Uint8Array(lineEnds).fill(10))
    inbox.shift()
    expect(cut).toBeLessThanOrEqual(64)
    let taken = 1
    while (inbox.shiftSome() !== undefined && cut < lineEnds) taken = cut
    expect(taken).toBeGreaterThan(lineEnds - 1000)
    expect([cut, holds]).toEqual([lineEnds, [true, false]])
  })

  it("holds back a sender of empty payloads too", () => {
    const { inbox, holds } = newInbox(1000)
    for (let count = 0; count < 1000; count++) inbox.push(payload(0))
    expect(holds).toEqual([true])
  })

  it("does not count taken payloads as queued", () => {
    const { inbox, holds } = newInbox(2 * (100 + overhead))
    for (let count = 0; count < 50; count++) {
      inbox.push(payload(100))
      inbox.shift()
    }
    inbox.push(payload(100))
    inbox.push(payload(1))
    inbox.shift()
    inbox.push(payload(1))
    expect(holds).toEqual([])
  })

  it.effect("wakes readers for a payload, and for the end", () =>
    Effect.gen(function* () {
      const { inbox } = newInbox()
      const woken = inbox.readers.waitThen(Effect.void)
      const first = yield* Effect.fork(woken)
      const second = yield* Effect.fork(woken)
      yield* nextTurn
      inbox.push(payload(1))
      yield* Effect.all([Fiber.join(first), Fiber.join(second)])
      inbox.shift()
      const third = yield* Effect.fork(woken)
      yield* nextTurn
      inbox.end()
      yield* Fiber.join(third)
      expect(inbox.ended).toBe(true)
    }),
  )

  it.effect("keeps the payload that an interrupted reader was woken for", () =>
    Effect.gen(function* () {
      const { inbox } = newInbox()
      const reader = yield* Effect.fork(inbox.readers.waitThen(Effect.sync(() => inbox.shift())))
      yield* nextTurn
      inbox.push(payload(1, 7))
      yield* Fiber.interrupt(reader)
      expect(inbox.shift()).toEqual(Uint8Array.of(7))
    }),
  )

  it.prop(
    "gives everything that was pushed, once and in order, in whatever way it is taken",
    {
      steps: fc.array(fc.constantFrom("push", "push", "push", "shift", "shift", "shiftSome"), { maxLength: 200 }),
      capacity: fc.integer({ min: 33, max: 500 }),
    },
    ({ steps, capacity }) => {
      const { inbox, holds } = newInbox(capacity)
      const got: Array<number> = []
      let pushed = 0
      for (const next of steps) {
        if (next === "push") inbox.push(payload(1, pushed++ % 256))
        else {
          const taken = next === "shift" ? [inbox.shift()] : inbox.shiftSome()
          for (const bytes of taken ?? []) if (bytes !== undefined) got.push(bytes[0] ?? -1)
        }
        const full = (pushed - got.length) * (1 + overhead) >= capacity
        if (full) expect(holds.at(-1)).toBe(true)
        if (pushed === got.length) expect(holds.at(-1) ?? false).toBe(false)
      }
      expect(got).toEqual(Array.from({ length: got.length }, (_, index) => index % 256))
      expect(holds.every((held, index) => held === (index % 2 === 0))).toBe(true)
    },
  )
})
