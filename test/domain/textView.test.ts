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
/** Bytes among which whole, cut and broken characters are frequent. */
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
  it("a character that is split over pieces is shown once it is whole", () => {
    const view = new TextView()
    const pieces = [...utf8("😀é")].map((byte) => view.push(Uint8Array.of(byte)))
    expect([...pieces, view.end()]).toEqual(["", "", "", "😀", "", "é", ""])
  })

  it("bytes that can be no character are shown at once, and what follows them is not affected", () => {
    const view = new TextView()
    expect(view.push(Uint8Array.of(0x61, 0xff, 0x80, 0xc0, 0x62))).toBe("a\\xff\\x80\\xc0b")
  })

  it("a character that is not completed is given as bytes: by what follows, or at the end", () => {
    const view = new TextView()
    expect(view.push(Uint8Array.of(0xe2, 0x82))).toBe("")
    expect(view.push(utf8("a"))).toBe("\\xe2\\x82a")
    expect(view.push(Uint8Array.of(0xc3))).toBe("")
    expect([view.end(), view.end()]).toEqual(["\\xc3", ""])
  })

  it("the piece may be overwritten afterwards", () => {
    const view = new TextView()
    const piece = Uint8Array.of(0xc3)
    view.push(piece)
    piece.fill(0)
    expect(view.push(Uint8Array.of(0xa9))).toBe("é")
  })

  it.prop(
    "wherever a text is cut, what is shown is the text with its control characters escaped",
    [FastCheck.string({ unit: "binary", maxLength: 20 }), places],
    ([text, cuts]) => {
      expect(show(cutAt(utf8(text), cuts))).toBe(escapeControls(text))
    },
    runs(500),
  )

  it.prop(
    "wherever any bytes are cut, the same is shown, without control characters, and reads back as those bytes",
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
