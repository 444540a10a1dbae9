import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { Framing } from "../../../src/domain/index.ts"
import {
  type Expected,
  expectAsOracle,
  expectRoundTrip,
  feedFraming,
  hex,
  refusalOf,
} from "../../support/framingSuite.ts"
import { runs } from "../../support/properties.ts"

const crlf = Framing.delimited(hex("0d0a"))

/** A reference implementation that looks at one byte after the other. */
const oracle = (input: ReadonlyArray<number>, mark: ReadonlyArray<number>, max: number): Expected => {
  const payloads: Array<ReadonlyArray<number>> = []
  let skipped = 0
  let frame: Array<number> = []
  const take = (length: number, received: number) => {
    if (length <= max) payloads.push(frame.slice(0, length))
    else skipped += received
    frame = []
  }
  const isMark = (bytes: ReadonlyArray<number>) => bytes.every((byte, index) => byte === mark[index])
  for (const byte of input) {
    frame.push(byte)
    const at = frame.length - mark.length
    if (at >= 0 && isMark(frame.slice(at))) take(at, frame.length)
  }
  if (frame.length > 0) {
    let begun = Math.min(frame.length, mark.length - 1)
    while (!isMark(frame.slice(frame.length - begun))) begun--
    take(frame.length - begun, frame.length)
  }
  return { payloads, skipped }
}

const marks = ["0d0a", "00", "6161", "616261", "61626162", "0d0a0d0a"].map((text) => [...hex(text)])

describe("a delimiter", () => {
  it.prop(
    "of any bytes cuts what a byte by byte search cuts, wherever the reads are split, and skips frames above the limit",
    [
      FastCheck.constantFrom(...marks),
      FastCheck.array(FastCheck.constantFrom(0x61, 0x62, 0x0d, 0x0a, 0), { maxLength: 30 }),
      FastCheck.integer({ min: 0, max: 12 }),
      FastCheck.array(FastCheck.nat({ max: 30 }), { maxLength: 6 }),
    ],
    ([mark, bytes, max, places]) => {
      const framing = Framing.delimited(Uint8Array.from(mark))
      expectAsOracle(framing, Uint8Array.from(bytes), max, places, oracle(bytes, mark, max))
    },
    runs(400),
  )

  it.prop(
    "keeps each payload that it does not refuse whole",
    [
      FastCheck.constantFrom(...marks),
      FastCheck.array(FastCheck.uint8Array({ maxLength: 8 }), { maxLength: 6 }),
      FastCheck.array(FastCheck.constantFrom(0x61, 0x62, 0x0d, 0x0a), { maxLength: 6 }),
    ],
    ([mark, payloads, likeMark]) => {
      const framing = Framing.delimited(Uint8Array.from(mark))
      const all = [...payloads, Uint8Array.from(likeMark)]
      const [accepted, refused] = [
        all.filter((payload) => refusalOf(framing, payload) === undefined),
        all.filter((payload) => refusalOf(framing, payload) !== undefined),
      ]
      expectRoundTrip(framing, accepted)
      for (const payload of refused)
        expect(oracle([...payload, ...mark], mark, 99).payloads).not.toEqual([[...payload]])
    },
    runs(200),
  )

  it("skips a frame longer than the limit up to its mark, reports its bytes once for each read, and goes on", () => {
    const fed = feedFraming(crlf, [hex("61 0d0a 62626262"), hex("6262"), hex("0d"), hex("0a 63 0d0a")], 3)
    expect(fed.payloads).toEqual([[0x61], [0x63]])
    expect(fed.skipped).toBe(8)
    expect(fed.causes.every((cause) => cause === "tooLong")).toBe(true)
  })

  it("buffers little of a frame longer than the limit", () => {
    const endless = Array.from({ length: 50 }, () => new Uint8Array(10).fill(0x61))
    expect(feedFraming(crlf, endless, 25).mostPending).toBeLessThanOrEqual(26)
  })

  it("has 1 to 64 bytes", () => {
    expect(() => Framing.delimited(new Uint8Array(0))).toThrow("a delimiter has 1 to 64 bytes, and this one has 0")
    expect(() => Framing.delimited(new Uint8Array(65))).toThrow("1 to 64 bytes")
  })

  it("is a copy: the caller's bytes can change afterwards", () => {
    const bytes = hex("0d0a")
    const framing = Framing.delimited(bytes)
    bytes.fill(0)
    expect([...framing.encode(hex("61"))]).toEqual([0x61, 0x0d, 0x0a])
  })

  it("in a payload is refused, also if it ends in the mark after the payload", () => {
    expect(refusalOf(crlf, hex("610d0a"))).toContain("a delimiter at byte 1")
    expect(refusalOf(Framing.delimited(hex("6161")), hex("6261"))).toContain("a delimiter at byte 1")
    expect(refusalOf(crlf, hex("610d"))).toBeUndefined()
  })
})
