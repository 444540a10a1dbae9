import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { escapeControls, parseEscapes, TextView } from "../../src/domain/index.ts"
import { cutAt, runs } from "../support/properties.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)

const show = (pieces: ReadonlyArray<Uint8Array>): string => {
  const view = new TextView()
  return pieces.map((piece) => view.push(piece)).join("") + view.end()
}

const places = FastCheck.array(FastCheck.nat({ max: 40 }), { maxLength: 8 })
/** Bytes with many complete, incomplete and malformed characters. */
const nearUtf8 = FastCheck.array(
  FastCheck.oneof(
    FastCheck.string({ unit: "binary", maxLength: 2 }).map((text) => [...utf8(text)]),
    FastCheck.constantFrom([0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90]),
    FastCheck.integer({ min: 0, max: 255 }).map((byte) => [byte]),
    FastCheck.string({ unit: "binary", minLength: 20, maxLength: 40 }).map((text) => [...utf8(text)]),
  ),
  { maxLength: 10 },
).map((parts) => Uint8Array.from(parts.flat()))

describe("TextView", () => {
  it("a character that is split over pieces is shown when it is complete", () => {
    const view = new TextView()
    const pieces = [...utf8("😀é")].map((byte) => view.push(Uint8Array.of(byte)))
    expect([...pieces, view.end()]).toEqual(["", "", "", "😀", "", "é", ""])
  })

  it("bytes that cannot begin a character are shown at once, and do not affect later bytes", () => {
    const view = new TextView()
    expect(view.push(Uint8Array.of(0x61, 0xff, 0x80, 0xc0, 0x62))).toBe("a\\xff\\x80\\xc0b")
  })

  it("an incomplete character is shown as bytes, when another byte follows or at the end", () => {
    const view = new TextView()
    expect(view.push(Uint8Array.of(0xe2, 0x82))).toBe("")
    expect(view.push(utf8("a"))).toBe("\\xe2\\x82a")
    expect(view.push(Uint8Array.of(0xc3))).toBe("")
    expect([view.end(), view.end()]).toEqual(["\\xc3", ""])
  })

  it("a piece may be overwritten after the call", () => {
    const view = new TextView()
    const piece = Uint8Array.of(0xc3)
    view.push(piece)
    piece.fill(0)
    expect(view.push(Uint8Array.of(0xa9))).toBe("é")
  })

  it.prop(
    "wherever a text is split, it is shown with its control characters escaped",
    [FastCheck.string({ unit: "binary", maxLength: 20 }), places],
    ([text, cuts]) => {
      expect(show(cutAt(utf8(text), cuts))).toBe(escapeControls(text))
    },
    runs(500),
  )

  it.prop(
    "wherever bytes are split, they are shown alike, without control characters, and read back as the same bytes",
    [nearUtf8, places],
    ([bytes, cuts]) => {
      const shown = show([bytes])
      expect(show(cutAt(bytes, cuts))).toBe(shown)
      expect(shown).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u)
      if (!bytes.includes(0x5c)) expect(parseEscapes(shown)).toEqual(Either.right(bytes))
    },
    runs(1000),
  )
})
