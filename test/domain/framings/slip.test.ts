import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { Decoder, encode } from "slip"
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

const { slip } = Framing

/** A reference implementation: it splits at C0 and replaces the escapes of each part. */
const oracle = (input: ReadonlyArray<number>, max: number): Expected => {
  const payloads: Array<ReadonlyArray<number>> = []
  let skipped = 0
  const text = input.map((byte) => byte.toString(16).padStart(2, "0")).join(" ")
  const parts = text.split("c0").map((part) => part.trim())
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1
    const escaped = [...hex(part)]
    const payload = [...hex(part.replaceAll("db dc", "c0").replaceAll("db dd", "DB"))]
    const isWrong = /db(?! d[cd])/.test(part)
    if (escaped.length > 0 && !isLast && !isWrong && payload.length <= max) payloads.push(payload)
    else if (escaped.length > 0) skipped += escaped.length + (isLast ? 0 : 1)
  }
  return { payloads, skipped }
}

const slipByte = FastCheck.constantFrom(0xc0, 0xdb, 0xdc, 0xdd, 0x61, 0x62, 0xc0)

describe("SLIP", () => {
  it.prop(
    "decodes any bytes as a simple implementation does, wherever the reads are split, and skips bad frames",
    [
      FastCheck.array(slipByte, { maxLength: 30 }),
      FastCheck.integer({ min: 0, max: 6 }),
      FastCheck.array(FastCheck.nat({ max: 30 }), { maxLength: 6 }),
    ],
    ([bytes, max, places]) => expectAsOracle(slip, Uint8Array.from(bytes), max, places, oracle(bytes, max)),
    runs(400),
  )

  it.prop(
    "encodes payloads as the package slip does, and each decodes the frames of the other",
    [FastCheck.array(FastCheck.array(slipByte, { minLength: 1, maxLength: 10 }), { maxLength: 5 })],
    ([lists]) => {
      const payloads = lists.map((list) => Uint8Array.from(list))
      for (const payload of payloads) expect([...slip.encode(payload)]).toEqual([...encode(payload)])
      expectRoundTrip(slip, payloads)
      const seen: Array<ReadonlyArray<number>> = []
      const decoder = new Decoder({ onMessage: (payload) => seen.push([...payload]) })
      // The package does not leave an escape, so only payloads without escapes are decoded together.
      const plain = payloads.filter((payload) => !payload.some((byte) => byte === 0xc0 || byte === 0xdb))
      for (const payload of plain) decoder.decode(slip.encode(payload))
      expect(seen).toEqual(plain.map((payload) => [...payload]))
    },
    runs(200),
  )

  it("encodes the example of RFC 1055's escapes", () => {
    expect(slip.encode(hex("c0 db 01"))).toEqual(hex("c0 dbdc dbdd 01 c0"))
  })

  it("a payload without escapes is a view of the read", () => {
    const wire = hex("c0 6162 c0 63 c0")
    const seen: Array<Uint8Array> = []
    slip.payloads(wire, (payload) => seen.push(payload))
    expect(seen.map(({ buffer }) => buffer)).toEqual([wire.buffer, wire.buffer])
  })

  it("a frame with a wrong escape is skipped up to its mark, and the next frame is decoded", () => {
    const fed = feedFraming(slip, [hex("61 c0 62 db 63 c0 64 c0")])
    expect(fed).toMatchObject({ payloads: [[0x61], [0x64]], skipped: 4, causes: ["malformed"] })
  })

  it("marks without a frame give nothing", () => {
    expect(feedFraming(slip, [hex("c0c0c0"), hex("c0")])).toMatchObject({ wires: [], skipped: 0 })
  })

  it("the limit counts the bytes of the payload, not those on the wire", () => {
    expect(feedFraming(slip, [hex("dbdc dbdc c0")], 2).payloads).toEqual([[0xc0, 0xc0]])
    expect(feedFraming(slip, [hex("dbdc dbdc 61 c0")], 2)).toMatchObject({ payloads: [], skipped: 6 })
  })

  it("a last frame without its mark is skipped", () => {
    expect(feedFraming(slip, [hex("61 c0 6263")])).toMatchObject({ skipped: 0, left: 2 })
  })

  it("an empty payload is refused", () => {
    expect(refusalOf(slip, hex(""))).toBe("it is empty, and SLIP has no empty frames")
  })
})
