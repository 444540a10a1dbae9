import { describe, expect, it } from "@effect/vitest"
import * as cobsPackage from "cobs"
import * as FastCheck from "effect/FastCheck"
import { Framing } from "../../../src/domain/index.ts"
import { type Expected, expectAsOracle, expectRoundTrip, feedFraming, hex } from "../../support/framingSuite.ts"
import { runs } from "../../support/properties.ts"

const { cobs } = Framing

/** A reference implementation: it splits at 00 and decodes the blocks of each part. */
const oracle = (input: ReadonlyArray<number>, max: number): Expected => {
  const payloads: Array<ReadonlyArray<number>> = []
  let skipped = 0
  let part: Array<number> = []
  for (const byte of input) {
    if (byte !== 0) {
      part.push(byte)
      continue
    }
    const payload: Array<number> = []
    let rest = part
    while (rest.length > 0) {
      const [code = 0, ...block] = rest.slice(0, rest[0])
      payload.push(...block)
      rest = rest.slice(code)
      if (block.length < code - 1) payload.push(...new Array(max + 1).fill(0))
      else if (code < 255 && rest.length > 0) payload.push(0)
    }
    if (part.length > 0 && payload.length <= max) payloads.push(payload)
    else if (part.length > 0) skipped += part.length + 1
    part = []
  }
  return { payloads, skipped: skipped + part.length }
}

const payload = FastCheck.oneof(
  FastCheck.array(FastCheck.constantFrom(0, 1, 0xff, 0x61), { maxLength: 12 }),
  // Around the length of a full block.
  FastCheck.tuple(FastCheck.integer({ min: 250, max: 260 }), FastCheck.nat({ max: 520 })).map(([length, zeroAt]) =>
    Array.from({ length: 2 * length }, (_, index) => (index === zeroAt ? 0 : 7)),
  ),
  FastCheck.integer({ min: 252, max: 256 }).map((length) => new Array<number>(length).fill(7)),
).map((bytes) => Uint8Array.from(bytes))

describe("COBS", () => {
  it.prop(
    "decodes any bytes as a simple implementation does, wherever the reads are split, and skips bad frames",
    [
      FastCheck.array(FastCheck.constantFrom(0, 0, 1, 2, 3, 4, 0x61), { maxLength: 30 }),
      FastCheck.integer({ min: 0, max: 6 }),
      FastCheck.array(FastCheck.nat({ max: 30 }), { maxLength: 6 }),
    ],
    ([bytes, max, places]) => expectAsOracle(cobs, Uint8Array.from(bytes), max, places, oracle(bytes, max)),
    runs(400),
  )

  it.prop(
    "each of this framing and the package cobs decodes the frames of the other",
    [FastCheck.array(payload, { maxLength: 4 })],
    ([payloads]) => {
      expectRoundTrip(cobs, payloads)
      for (const one of payloads) {
        const wire = cobs.encode(one)
        expect(wire.indexOf(0)).toBe(wire.length - 1)
        expect([...cobsPackage.decode(wire.subarray(0, -1))]).toEqual([...one])
        expect(feedFraming(cobs, [Uint8Array.of(...cobsPackage.encode(one), 0)]).payloads).toEqual([[...one]])
      }
    },
    runs(100),
  )

  it("the limit counts the bytes of the payload, also at a full block", () => {
    for (const length of [253, 254, 255, 508, 509]) {
      const wire = cobs.encode(new Uint8Array(length).fill(7))
      for (const chunks of [[wire], [wire.subarray(0, 100), wire.subarray(100)]]) {
        expect(feedFraming(cobs, chunks, length).payloads.map(({ length: found }) => found)).toEqual([length])
        expect(feedFraming(cobs, chunks, length - 1)).toMatchObject({ payloads: [], skipped: wire.length })
      }
    }
  })

  it("encodes the example of its paper, and an empty payload", () => {
    expect(cobs.encode(hex("11 00 00 22"))).toEqual(hex("02 11 01 02 22 00"))
    expect(cobs.encode(hex(""))).toEqual(hex("01 00"))
  })

  it("a frame whose block ends after its mark is skipped, and the next frame is decoded", () => {
    const fed = feedFraming(cobs, [hex("0261 00 05 61 00 0262 00")])
    expect(fed).toMatchObject({ payloads: [[0x61], [0x62]], skipped: 3, causes: ["malformed"] })
  })

  it("marks without a frame give nothing, and a last frame without its mark is skipped", () => {
    expect(feedFraming(cobs, [hex("0000"), hex("00")])).toMatchObject({ wires: [], skipped: 0 })
    expect(feedFraming(cobs, [hex("0361")])).toMatchObject({ skipped: 0, left: 2 })
  })
})
