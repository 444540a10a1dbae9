import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { Framing } from "../../../src/domain/index.ts"
import { allCuts, expectAsOracle, feedFraming, refusalOf } from "../../support/framingSuite.ts"
import { joinBytes, runs } from "../../support/properties.ts"

const { json } = Framing
const utf8 = (text: string) => new TextEncoder().encode(text)
const texts = (payloads: ReadonlyArray<ReadonlyArray<number>>) =>
  payloads.map((payload) => new TextDecoder().decode(Uint8Array.from(payload)))

const value = FastCheck.oneof(
  FastCheck.dictionary(FastCheck.string({ maxLength: 4 }), FastCheck.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
  FastCheck.array(FastCheck.jsonValue({ maxDepth: 2 }), { maxLength: 3 }),
  FastCheck.constantFrom({ a: '}"]\\' }, ["{", "[", "\\\\", '"'], [[[]]], {}, []),
).chain((parsed) => FastCheck.constantFrom(JSON.stringify(parsed), JSON.stringify(parsed, null, 1)))
const separator = FastCheck.constantFrom("", " ", "\n", "\r\n", "\t \n", "12,", " null ", "}", ']"x')
const isGarbage = (text: string) => text.trim() !== ""

describe("JSON", () => {
  it.prop(
    "objects and arrays are frames, wherever the reads are split, and other bytes between them are skipped",
    [
      FastCheck.array(FastCheck.tuple(separator, value), { maxLength: 4 }),
      FastCheck.array(FastCheck.nat({ max: 60 }), { maxLength: 6 }),
    ],
    ([parts, places]) => {
      const input = utf8(parts.flat().join(""))
      if (input.length > 300) return
      // Garbage is skipped from its first byte that is not white space.
      const skipped = parts.reduce((sum, [text]) => sum + (isGarbage(text) ? text.trimStart().length : 0), 0)
      const payloads = parts.map(([, text]) => [...utf8(text)])
      const whole = feedFraming(json, [input])
      expect(whole.payloads).toEqual(payloads)
      expect(whole.skipped).toBe(skipped)
      for (const chunks of allCuts(input, places)) {
        const fed = feedFraming(json, chunks)
        expect(fed.payloads).toEqual(payloads)
        // White space after garbage counts only if it comes in the same read.
        expect(fed.skipped).toBeLessThanOrEqual(skipped)
        expect(fed.skipped).toBeGreaterThanOrEqual(parts.reduce((sum, [text]) => sum + text.trim().length, 0))
      }
    },
    runs(200),
  )

  it.prop(
    "values up to the limit are frames, and the first longer one fails with its offset",
    [FastCheck.array(value, { maxLength: 4 }), FastCheck.integer({ min: 1, max: 20 })],
    ([values, max]) => {
      const input = utf8(values.join("\n"))
      if (input.length > 200) return
      const lengths = values.map((text) => utf8(text).length)
      const tooLong = lengths.findIndex((length) => length > max)
      const allowed = tooLong === -1 ? values : values.slice(0, tooLong)
      const failedAt = tooLong === -1 ? undefined : allowed.reduce((sum, text) => sum + utf8(text).length + 1, 0)
      expectAsOracle(json, input, max, [], { payloads: allowed.map((text) => [...utf8(text)]), skipped: 0, failedAt })
    },
    runs(200),
  )

  it("several values of one read and the white space between them are one view of it", () => {
    const read = utf8(' {"a":1}\n[2]\r\n')
    const { wires } = feedFraming(json, [read])
    expect(wires).toEqual([read])
    expect(wires[0]?.buffer).toBe(read.buffer)
  })

  it.prop(
    "long values of one read are cut alike from any value on, between garbage too, and from a copy of the run",
    [
      FastCheck.array(FastCheck.tuple(separator, FastCheck.integer({ min: 20, max: 60 })), {
        minLength: 2,
        maxLength: 12,
      }),
    ],
    ([parts]) => {
      const values = parts.map(([, length], index) => JSON.stringify({ [`key${index}`]: "}".repeat(length) }))
      const { payloads, wires } = feedFraming(json, [utf8(parts.map(([text], index) => text + values[index]).join(""))])
      expect(texts(payloads)).toEqual(values)
      for (const wire of wires) {
        for (const run of [wire, wire.slice()]) {
          const portions: Array<string> = []
          for (let at = 0; at < run.length; ) {
            at = Framing.cutSome(json, run, at, 2, (payload) => portions.push(new TextDecoder().decode(payload)))
          }
          const from = values.indexOf(portions[0] ?? "")
          expect(portions).toEqual(values.slice(from, from + json.count(run)))
        }
      }
    },
    runs(100),
  )

  it("a decoder that is used while another one passes a run keeps both apart", () => {
    const long = (name: string) => JSON.stringify({ name: name.repeat(40) })
    const inner = json.decoder(1000)
    const seen: Array<string> = []
    const see = (run: Uint8Array) => json.payloads(run, (payload) => seen.push(new TextDecoder().decode(payload)))
    json.decoder(1000).push(utf8(`${long("a")}${long("b")} x ${long("c")}${long("d")}`), {
      onRun: (run) => {
        inner.push(utf8(`${long("e")}\n${long("f")}`), { onRun: see })
        see(run)
      },
    })
    expect(seen).toEqual(["e", "f", "a", "b", "e", "f", "c", "d"].map(long))
  })

  it("a line end in a read of its own stays between its values", () => {
    const { wires } = feedFraming(json, [utf8("{}"), utf8(" \n "), utf8("[1]"), utf8("\r"), utf8("[2")])
    expect(new TextDecoder().decode(joinBytes(wires))).toBe("{}\n[1]")
  })

  it("a value in many reads is scanned to its end, also after a backslash", () => {
    const chunks = ['{"a', "\\", '"', "}", '":"', '"}{"b"', ":1}"].map(utf8)
    expect(texts(feedFraming(json, chunks).payloads)).toEqual(['{"a\\"}":""}', '{"b":1}'])
  })

  it("a last value without its end is skipped", () => {
    expect(feedFraming(json, [utf8('{} {"a')])).toMatchObject({ skipped: 0, left: 3 })
  })

  it("a sent value gets a line end", () => {
    expect(json.encode(utf8("{}"))).toEqual(utf8("{}\n"))
  })

  it("a payload that is not exactly one object or array is refused", () => {
    expect(refusalOf(json, utf8(' {"a":1} '))).toBeUndefined()
    expect(refusalOf(json, utf8("12"))).toBe("it is not a JSON object or array: byte 0 is neither { nor [")
    expect(refusalOf(json, utf8(" "))).toBe("it is empty")
    expect(refusalOf(json, utf8("{"))).toBe("its JSON object or array has no end")
    expect(refusalOf(json, utf8("{}{}"))).toBe(
      "it has bytes after its JSON value (at byte 2), so it would not arrive as one frame",
    )
  })
})
