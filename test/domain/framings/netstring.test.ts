import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { nsLength, nsPayload, nsWrite } from "netstring"
import { Framing } from "../../../src/domain/index.ts"
import { type Expected, expectAsOracle, expectRoundTrip, feedFraming } from "../../support/framingSuite.ts"
import { runs } from "../../support/properties.ts"

const { netstring } = Framing
const utf8 = (text: string) => new TextEncoder().encode(text)

/** A reference implementation with a regular expression. */
const oracle = (input: string, max: number): Expected => {
  const payloads: Array<ReadonlyArray<number>> = []
  for (let at = 0; ; ) {
    const rest = input.slice(at)
    const head = /^(0|[1-9][0-9]{0,8}):/.exec(rest)
    if (head === null) {
      return /^(|0|[1-9][0-9]{0,8})$/.test(rest)
        ? { payloads, skipped: rest.length }
        : { payloads, skipped: 0, failedAt: at }
    }
    const length = Number(head[1])
    const end = head[0].length + length
    if (length > max) return { payloads, skipped: 0, failedAt: at }
    if (rest.length <= end) return { payloads, skipped: rest.length }
    if (rest[end] !== ",") return { payloads, skipped: 0, failedAt: at }
    payloads.push([...utf8(rest.slice(head[0].length, end))])
    at += end + 1
  }
}

describe("netstrings", () => {
  it.prop(
    "decode from any bytes as from a simple implementation, wherever the reads are split",
    [
      FastCheck.array(
        FastCheck.oneof(
          FastCheck.constantFrom("0:,", "1:a,", "3:abc,", "2:12,", "10:0123456789,"),
          FastCheck.constantFrom("0", "1", "2", ":", ",", "a", "12345678901", "00:,", "1:ab"),
        ),
        { maxLength: 8 },
      ),
      FastCheck.integer({ min: 0, max: 10 }),
      FastCheck.array(FastCheck.nat({ max: 40 }), { maxLength: 6 }),
    ],
    ([parts, max, places]) => {
      const input = parts.join("")
      expectAsOracle(netstring, utf8(input), max, places, oracle(input, max))
    },
    runs(500),
  )

  it.prop(
    "are those of the package netstring",
    [FastCheck.array(FastCheck.string({ maxLength: 120 }), { maxLength: 4 })],
    ([texts]) => {
      expectRoundTrip(netstring, texts.map(utf8))
      for (const text of texts) {
        const wire = netstring.encode(utf8(text))
        expect([...wire]).toEqual([...nsWrite(text)])
        expect(nsLength(Buffer.from(wire))).toBe(wire.length)
        expect(nsPayload(Buffer.from(wire))).toEqual(Buffer.from(text))
      }
    },
    runs(100),
  )

  const failures = [
    ["x", "a netstring does not begin with a digit"],
    [":a,", "a netstring does not begin with a digit"],
    ["05:hello,", "the length of a netstring begins with 0"],
    ["1234567890:", "the length of a netstring has more than 9 digits"],
    ["5;hello,", "the length of a netstring has no colon after its digits"],
    ["5:hello;", "a netstring does not end with a comma"],
    ["0:;", "a netstring does not end with a comma"],
  ] as const
  for (const [text, problem] of failures) {
    it(`end with the offset and the reason at ${text}`, () => {
      for (const chunks of [[utf8(`1:a,${text}`)], [...`1:a,${text}`].map(utf8)]) {
        expect(feedFraming(netstring, chunks)).toMatchObject({ payloads: [[0x61]], failure: { offset: 4, problem } })
      }
    })
  }
})
