import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { InputLines, type SkippedLines } from "../../../src/cli/input/InputLines.ts"
import { describeSkipped, type InputPayloads, inputPayloads } from "../../../src/cli/input/inputPayloads.ts"
import type { Input } from "../../../src/cli/process/stdio.ts"
import { Framing } from "../../../src/domain/index.ts"
import { heldBytes } from "../../support/heldBytes.ts"
import { plainForm } from "../../support/plainForm.ts"
import { cutAt, lineBytes, runs } from "../../support/properties.ts"
import { ScriptedInput } from "../../support/scriptedInput.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** An input that returns one of these chunks per read, then its end. */
const inputOf = (chunks: Iterable<Uint8Array>): Input => {
  const input = new ScriptedInput()
  input.offer(...chunks)
  input.end()
  return input
}

/** All payloads until the end or a failure. */
const taken = (payloads: InputPayloads) =>
  Effect.gen(function* () {
    const all: Array<string> = []
    let failure: string | undefined
    while (true) {
      const more = yield* Effect.either(payloads.more)
      if (more._tag === "Left") failure = more.left.message
      if (more._tag === "Left" || !more.right) return { all, failure }
      const some = payloads.take()
      expect(some.length).toBeGreaterThan(0)
      all.push(...some.map(text))
    }
  })

/** An input as payloads that skips no line. */
const payloadsOf = (input: Input, frame: Framing.Framing, maxFrame: number) =>
  inputPayloads(input, {
    frame,
    maxFrame,
    form: plainForm,
    onSkipped: (skipped) => expect(skipped).toBeUndefined(),
    onRefused: (message) => expect(message).toBeUndefined(),
  })

const linesOf = (max: number, ...chunks: ReadonlyArray<string>) =>
  taken(payloadsOf(inputOf(chunks.map(utf8)), Framing.line, max))

/** The payloads of an input with a limit, and the reports of the skipped lines. */
const withSkipped = (max: number, chunks: Iterable<Uint8Array>) =>
  Effect.gen(function* () {
    const skipped: Array<SkippedLines> = []
    const payloads = inputPayloads(inputOf(chunks), {
      frame: Framing.line,
      maxFrame: max,
      form: plainForm,
      onSkipped: (some) => skipped.push(some),
      onRefused: (message) => expect(message).toBeUndefined(),
    })
    return { ...(yield* taken(payloads)), skipped }
  })

describe("standard input as payloads", () => {
  it.effect("is the bytes of each read, in raw framing", () =>
    Effect.gen(function* () {
      const payloads = payloadsOf(inputOf([utf8("a\nb"), utf8("c")]), Framing.raw, 1)
      expect(yield* taken(payloads)).toEqual({ all: ["a\nb", "c"], failure: undefined })
    }),
  )

  it.effect("is complete lines, however the reads split them, and the end completes the last one", () =>
    Effect.gen(function* () {
      expect(yield* linesOf(100, "on", "e\ntw", "o\r\n\nthr", "ee")).toEqual({
        all: ["one", "two", "", "three"],
        failure: undefined,
      })
    }),
  )

  it.effect("stays at its end", () =>
    Effect.gen(function* () {
      for (const framing of [Framing.raw, Framing.line]) {
        const payloads = payloadsOf(inputOf([]), framing, 10)
        expect([yield* payloads.more, yield* payloads.more, payloads.take()]).toEqual([false, false, []])
      }
    }),
  )

  it.effect("skips lines that are too long, reports their numbers and bytes, and continues with the next", () =>
    Effect.gen(function* () {
      expect(yield* withSkipped(4, [utf8("one\ntwo\nthree\nfour\n")])).toEqual({
        all: ["one", "two", "four"],
        failure: undefined,
        skipped: [{ first: 3, lines: 1, bytes: 5, isWhole: true }],
      })
      // One report has all skipped lines of one read.
      expect((yield* withSkipped(2, [utf8("a\nlong\nb\nlonger\nc\n"), utf8("\nlonger\n")])).skipped).toEqual([
        { first: 2, lines: 2, bytes: 10, isWhole: true },
        { first: 7, lines: 1, bytes: 6, isWhole: true },
      ])
    }),
  )

  it.effect("reports a line that is too long at once, and again at its end", () =>
    Effect.gen(function* () {
      const begun = { first: 2, lines: 1, bytes: 5, isWhole: false }
      const whole = { first: 2, lines: 1, bytes: 9, isWhole: true }
      const chunks = ["a\n12", "345", "67", "89\nb\n"].map(utf8)
      expect(yield* withSkipped(4, chunks)).toEqual({ all: ["a", "b"], failure: undefined, skipped: [begun, whole] })
      expect(yield* withSkipped(4, chunks.slice(0, 2))).toMatchObject({
        all: ["a"],
        skipped: [begun, { ...whole, bytes: 5 }],
      })
      const both = ["12345", "\nx\n123456789"].map(utf8)
      expect((yield* withSkipped(4, both)).skipped).toEqual([
        { first: 1, lines: 1, bytes: 5, isWhole: false },
        { first: 1, lines: 1, bytes: 5, isWhole: true },
        { first: 3, lines: 1, bytes: 9, isWhole: false },
        { first: 3, lines: 1, bytes: 9, isWhole: true },
      ])
    }),
  )

  it("keeps at most the limit of a line that is too long", () => {
    const lines = new InputLines(1000, () => {})
    for (let reads = 0; reads < 100; reads++) lines.push(new Uint8Array(900).fill(0x61))
    expect(lines.pending()).toBe(90_000)
    expect(heldBytes(Reflect.get(lines, "decoder"))).toBeLessThanOrEqual(1001)
  })

  it.effect("splits lines as they are taken: a read of only LFs does not make thousands of objects at once", () =>
    Effect.gen(function* () {
      const payloads = payloadsOf(inputOf([new Uint8Array(65_536).fill(0x0a)]), Framing.line, 10)
      let count = 0
      while (yield* payloads.more) {
        const some = payloads.take()
        expect(some.length).toBeLessThanOrEqual(8192)
        count += some.length
      }
      expect(count).toBe(65_536)
    }),
  )

  it("describes skipped lines by number, length and limit", () => {
    const described = (some: Partial<SkippedLines>) =>
      describeSkipped({ first: 3, lines: 1, bytes: 5, isWhole: true, ...some }, 4)
    expect([described({}), described({ isWhole: false }), described({ lines: 2, bytes: 11 })]).toEqual([
      "line 3 of standard input was not sent: its 5 bytes are above 4 (--max-frame)",
      "line 3 of standard input is not sent: its length is above 4 (--max-frame)",
      "2 lines of standard input from line 3 on were not sent: each is above 4 (--max-frame); 11 bytes in all",
    ])
  })

  it.effect("fails with the reason of the system when it cannot be read", () =>
    Effect.gen(function* () {
      const input = new ScriptedInput()
      input.fail("EISDIR")
      for (const framing of [Framing.raw, Framing.line]) {
        const error = yield* Effect.flip(payloadsOf(input, framing, 10).more)
        expect(error).toMatchObject({ code: 2, message: "standard input cannot be read (it is a directory, EISDIR)" })
      }
    }),
  )

  it.prop(
    "holds the same lines wherever it is cut, without those that are too long, which are counted",
    [
      lineBytes(60),
      FastCheck.array(FastCheck.nat({ max: 60 }), { maxLength: 8 }),
      FastCheck.integer({ min: 0, max: 9 }),
    ],
    ([bytes, places, max]) => {
      const rows: Array<string> = []
      const tooLong: Array<number> = []
      for (let start = 0; start < bytes.length; ) {
        const found = bytes.indexOf(0x0a, start)
        const end = found === -1 ? bytes.length : found
        if (end - start > max) tooLong.push(end - start)
        else rows.push(text(bytes.subarray(start, end > start && bytes[end - 1] === 0x0d ? end - 1 : end)))
        start = end + 1
      }
      const given: Array<string> = []
      const skipped: Array<SkippedLines> = []
      const lines = new InputLines(max, (some) => some.isWhole && skipped.push(some))
      const takeAll = () => {
        for (let some = lines.take(); some.length > 0; some = lines.take()) given.push(...some.map(text))
      }
      for (const chunk of cutAt(bytes, places)) {
        lines.push(chunk)
        takeAll()
      }
      lines.end()
      takeAll()
      expect(given).toEqual(rows)
      const sum = (of: (some: SkippedLines) => number) => skipped.reduce((total, some) => total + of(some), 0)
      expect([sum((some) => some.lines), sum((some) => some.bytes)]).toEqual([
        tooLong.length,
        tooLong.reduce((total, length) => total + length, 0),
      ])
    },
    runs(300),
  )
})
