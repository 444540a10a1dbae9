import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import { type InputPayloads, inputPayloads } from "../../src/cli/inputPayloads.ts"
import { type Input, InputFailed } from "../../src/cli/stdio.ts"
import { Framing } from "../../src/domain/index.ts"
import { cutAt, lineBytes, runs } from "../support/properties.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** An input that gives these chunks, one for each read, then its end. */
const inputOf = (chunks: Iterable<Uint8Array>): Input => {
  const rest = chunks[Symbol.iterator]()
  return {
    read: Effect.sync(() => {
      const { value } = rest.next()
      return Option.fromNullable(value)
    }),
  }
}

/** Everything until the end; a failure is the end too. */
const taken = (payloads: InputPayloads) =>
  Effect.gen(function* () {
    const all: Array<string> = []
    let failure: string | undefined
    while (true) {
      const next = yield* Effect.either(payloads.next)
      if (next._tag === "Left") failure = next.left.message
      if (next._tag === "Left" || Option.isNone(next.right)) return { all, failure }
      expect(next.right.value.length).toBeGreaterThan(0)
      all.push(...next.right.value.map(text))
    }
  })

const linesOf = (max: number, ...chunks: ReadonlyArray<string>) =>
  taken(inputPayloads(inputOf(chunks.map(utf8)), Framing.line, max))

describe("standard input as payloads", () => {
  it.effect("is what each read gave, when there are no frames", () =>
    Effect.gen(function* () {
      const payloads = inputPayloads(inputOf([utf8("a\nb"), utf8("c")]), Framing.raw, 1)
      expect(yield* taken(payloads)).toEqual({ all: ["a\nb", "c"], failure: undefined })
    }),
  )

  it.effect("is whole lines, however they are cut, with the last one completed", () =>
    Effect.gen(function* () {
      expect(yield* linesOf(100, "on", "e\ntw", "o\r\n\nthr", "ee")).toEqual({
        all: ["one", "two", "", "three"],
        failure: undefined,
      })
    }),
  )

  it.effect("has an end that stays", () =>
    Effect.gen(function* () {
      for (const framing of [Framing.raw, Framing.line]) {
        const payloads = inputPayloads(inputOf([]), framing, 10)
        expect([yield* payloads.next, yield* payloads.next]).toEqual([Option.none(), Option.none()])
      }
    }),
  )

  it.effect("gives the lines before one that is too long, then fails, and stays so", () =>
    Effect.gen(function* () {
      const failure = "a line of standard input is longer than 4 bytes (--max-frame)"
      expect(yield* linesOf(4, "one\ntwo\nthree\nfour\n")).toEqual({ all: ["one", "two"], failure })
      expect(yield* linesOf(4, "one\nthr", "ee")).toEqual({ all: ["one"], failure })
      const payloads = inputPayloads(inputOf([utf8("12345"), utf8("\nok\n")]), Framing.line, 4)
      const again = Effect.map(Effect.flip(payloads.next), ({ code, message }) => ({ code, message }))
      expect([yield* again, yield* again]).toEqual([
        { code: 2, message: failure },
        { code: 2, message: failure },
      ])
    }),
  )

  it.effect("fails with what the system said when it cannot be read", () =>
    Effect.gen(function* () {
      const input: Input = { read: new InputFailed({ code: "EISDIR" }) }
      for (const framing of [Framing.raw, Framing.line]) {
        const error = yield* Effect.flip(inputPayloads(input, framing, 10).next)
        expect(error).toMatchObject({ code: 2, message: "standard input cannot be read (EISDIR)" })
      }
    }),
  )

  it.effect.prop(
    "holds the same lines wherever it is cut",
    [lineBytes(60), FastCheck.array(FastCheck.nat({ max: 60 }), { maxLength: 8 })],
    ([bytes, places]) =>
      Effect.gen(function* () {
        const decoder = new TextDecoder()
        const rows: Array<string> = []
        for (let start = 0; start < bytes.length; ) {
          const found = bytes.indexOf(0x0a, start)
          const end = found === -1 ? bytes.length : found
          rows.push(decoder.decode(bytes.subarray(start, end > start && bytes[end - 1] === 0x0d ? end - 1 : end)))
          start = end + 1
        }
        const payloads = inputPayloads(inputOf(cutAt(bytes, places)), Framing.line, 100)
        expect(yield* taken(payloads)).toEqual({ all: rows, failure: undefined })
      }),
    runs(300),
  )
})
