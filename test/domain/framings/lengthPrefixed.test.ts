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

const fields = ["u8", "u16be", "u16le", "u32be", "u32le", "varint"] as const

/** Reads a length field with `DataView`. Returns its value and width, "more" or "bad". */
const readField = (field: (typeof fields)[number], bytes: Uint8Array, at: number) => {
  if (field === "varint") {
    let value = 0
    for (let width = 1; width <= 5; width++) {
      const byte = bytes[at + width - 1]
      if (byte === undefined) return "more"
      value += (byte % 128) * 128 ** (width - 1)
      if (byte < 128) return { value, width }
    }
    return "bad"
  }
  const width = field === "u8" ? 1 : field.startsWith("u16") ? 2 : 4
  if (at + width > bytes.length) return "more"
  const view = new DataView(bytes.buffer, bytes.byteOffset + at)
  const little = field.endsWith("le")
  const value = width === 1 ? view.getUint8(0) : width === 2 ? view.getUint16(0, little) : view.getUint32(0, little)
  return { value, width }
}

/** A reference implementation that follows the words of netty's documentation. */
const oracle = (options: Framing.LengthPrefixedOptions, input: Uint8Array, max: number): Expected => {
  const { adjust = 0, field, offset = 0 } = options
  const payloads: Array<ReadonlyArray<number>> = []
  for (let at = 0; ; ) {
    const length = readField(field, input, at + offset)
    if (length === "bad") return { payloads, skipped: 0, failedAt: at }
    if (length === "more") return { payloads, skipped: input.length - at }
    const strip = options.strip ?? (offset === 0 ? length.width : 0)
    const size = offset + length.width + length.value + adjust
    if (length.value + adjust < 0 || size < strip || size - strip > max) return { payloads, skipped: 0, failedAt: at }
    if (at + size > input.length) return { payloads, skipped: input.length - at }
    payloads.push([...input.subarray(at + strip, at + size)])
    at += size
  }
}

const anyOptions: FastCheck.Arbitrary<Framing.LengthPrefixedOptions> = FastCheck.record(
  {
    field: FastCheck.constantFrom(...fields),
    offset: FastCheck.nat({ max: 3 }),
    adjust: FastCheck.integer({ min: -4, max: 3 }),
    strip: FastCheck.nat({ max: 5 }),
  },
  { requiredKeys: ["field"] },
)

describe("a length prefix", () => {
  it.prop(
    "with any options decodes any bytes as a simple implementation does, wherever the reads are split",
    [
      anyOptions,
      FastCheck.array(FastCheck.constantFrom(0, 0, 0, 1, 2, 3, 0x81, 0xff), { maxLength: 24 }),
      FastCheck.integer({ min: 0, max: 8 }),
      FastCheck.array(FastCheck.nat({ max: 24 }), { maxLength: 6 }),
    ],
    ([options, bytes, max, places]) => {
      const input = Uint8Array.from(bytes)
      expectAsOracle(Framing.lengthPrefixed(options), input, max, places, oracle(options, input, max))
    },
    runs(600),
  )

  it.prop(
    "keeps each payload that it does not refuse whole, and the bytes of its frame unchanged",
    [anyOptions, FastCheck.array(FastCheck.uint8Array({ maxLength: 9 }), { maxLength: 5 })],
    ([options, payloads]) => {
      const framing = Framing.lengthPrefixed(options)
      expectRoundTrip(
        framing,
        payloads.filter((payload) => refusalOf(framing, payload) === undefined),
      )
    },
    runs(400),
  )

  it.prop(
    "without an offset and without strip carries every payload that its field can count",
    [FastCheck.constantFrom(...fields), FastCheck.array(FastCheck.uint8Array({ maxLength: 200 }), { maxLength: 4 })],
    ([field, payloads]) => expectRoundTrip(Framing.lengthPrefixed({ field }), payloads),
    runs(100),
  )

  it("writes its number as the field says", () => {
    const wire = (field: (typeof fields)[number], length: number) =>
      [...Framing.lengthPrefixed({ field }).encode(new Uint8Array(length))].slice(0, 4)
    expect(wire("u16be", 0x0102).slice(0, 2)).toEqual([1, 2])
    expect(wire("u16le", 0x0102).slice(0, 2)).toEqual([2, 1])
    expect(wire("u32be", 0x010203)).toEqual([0, 1, 2, 3])
    expect(wire("u32le", 0x010203)).toEqual([3, 2, 1, 0])
    expect(wire("varint", 300).slice(0, 2)).toEqual([0xac, 0x02])
  })

  it("that counts itself has a negative adjustment", () => {
    const framing = Framing.lengthPrefixed({ field: "u16be", adjust: -2 })
    expect(framing.encode(hex("aabb"))).toEqual(hex("0004 aabb"))
    expect(feedFraming(framing, [hex("0004 aabb 0002")]).payloads).toEqual([[0xaa, 0xbb], []])
  })

  it("with an offset gives whole frames, such as the login of a GT06 tracker", () => {
    const framing = Framing.lengthPrefixed({ field: "u8", offset: 2, adjust: 2 })
    const login = hex("7878 0d 01 0123456789012345 0001 8cdd 0d0a")
    expect(feedFraming(framing, [Uint8Array.of(...login, ...login, ...login)]).payloads).toEqual([
      [...login],
      [...login],
      [...login],
    ])
    expect(framing.encode(login)).toEqual(login)
    expect(refusalOf(framing, login.subarray(1))).toContain("its length field, at byte 2, makes a frame of 6 bytes")
    expect(refusalOf(framing, hex("7878"))).toBe("it ends before its length field, which is at byte 2")
  })

  it("that strips bytes which it does not know can receive, and refuses to send", () => {
    const framing = Framing.lengthPrefixed({ field: "u8", offset: 1, strip: 2 })
    expect(feedFraming(framing, [hex("7f 02 aabb")]).payloads).toEqual([[0xaa, 0xbb]])
    expect(refusalOf(framing, hex("aabb"))).toContain("with strip:0 whole frames can be sent")
  })

  it("refuses a payload that its field cannot count", () => {
    expect(refusalOf(Framing.lengthPrefixed({ field: "u8" }), new Uint8Array(256))).toBe(
      "its 256 bytes need the length 256, and the greatest length is 255",
    )
    expect(refusalOf(Framing.lengthPrefixed({ field: "u8", adjust: 3 }), hex("01"))).toBe(
      "it has 1 bytes, and a frame needs at least 3",
    )
  })

  it("a frame longer than the limit fails as soon as its length is known, with its offset and without a buffer", () => {
    const framing = Framing.lengthPrefixed({ field: "u32be" })
    for (const chunks of [[hex("00000001 61 ffffffff")], [hex("00000001 61 ff"), hex("ffffff")]]) {
      const fed = feedFraming(framing, chunks, 100)
      expect(fed).toMatchObject({ payloads: [[0x61]], failure: { offset: 5, problem: undefined } })
    }
  })

  it("a length that is too small for its frame fails with the offset and the reason", () => {
    const framing = Framing.lengthPrefixed({ field: "u16be", adjust: -2 })
    expect(feedFraming(framing, [hex("0002 0001")]).failure).toEqual({
      offset: 2,
      problem: "the length field has the value 1, and a frame needs at least 2",
    })
    expect(feedFraming(Framing.lengthPrefixed({ field: "varint" }), [hex("ffffffffff01")]).failure).toEqual({
      offset: 0,
      problem: "the length field has more than 5 bytes",
    })
  })

  it("refuses invalid options", () => {
    expect(() => Framing.lengthPrefixed({ field: "u8", offset: -1 })).toThrow("offset is a whole number from 0 to 1024")
    expect(() => Framing.lengthPrefixed({ field: "u8", adjust: 0.5 })).toThrow("adjust is a whole number")
    expect(() => Framing.lengthPrefixed({ field: "u9" as "u8" })).toThrow("a length field is one of u8, u16be")
  })
})
