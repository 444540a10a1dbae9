import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { escapeControls, parseEscapes } from "../../src/domain/index.ts"
import { runs } from "../support/properties.ts"

const bytesOf = (input: string) => Either.map(parseEscapes(input), (bytes) => [...bytes])
const utf8 = (text: string) => [...new TextEncoder().encode(text)]
const anyText = FastCheck.oneof(
  FastCheck.string({ unit: "binary" }),
  // Control and format characters are far more frequent here than in ordinary text.
  FastCheck.array(
    FastCheck.oneof(
      FastCheck.integer({ min: 0, max: 0xff }),
      FastCheck.integer({ min: 0x600, max: 0x620 }),
      FastCheck.integer({ min: 0x2000, max: 0x2070 }),
      FastCheck.constant(0xfeff),
    ),
  ).map((codes) => String.fromCodePoint(...codes)),
)

describe("parseEscapes", () => {
  const escapes = [
    ["\\n", 0x0a],
    ["\\r", 0x0d],
    ["\\t", 0x09],
    ["\\0", 0x00],
    ["\\a", 0x07],
    ["\\b", 0x08],
    ["\\e", 0x1b],
    ["\\f", 0x0c],
    ["\\v", 0x0b],
    ["\\\\", 0x5c],
    ['\\"', 0x22],
    ["\\'", 0x27],
    ["\\x00", 0x00],
    ["\\x7F", 0x7f],
    ["\\xff", 0xff],
    ["\\xFf", 0xff],
  ] as const
  for (const [input, byte] of escapes) {
    it(`${input} is the byte ${byte}, also within text`, () => {
      expect(bytesOf(input)).toEqual(Either.right([byte]))
      expect(bytesOf(`1${input}2`)).toEqual(Either.right([0x31, byte, 0x32]))
    })
  }

  it("\\u{…} is one character in UTF-8, of one to six digits", () => {
    expect(bytesOf("\\u{41}")).toEqual(Either.right(utf8("A")))
    expect(bytesOf("\\u{e9}\\u{20AC}")).toEqual(Either.right(utf8("é€")))
    expect(bytesOf("\\u{01f600}!")).toEqual(Either.right(utf8("😀!")))
    expect(bytesOf("\\u{10ffff}")).toEqual(Either.right(utf8("\u{10ffff}")))
  })

  it("an escaped backslash does not begin an escape", () => {
    expect(bytesOf("\\\\n")).toEqual(Either.right(utf8("\\n")))
    expect(bytesOf("\\x5cn")).toEqual(Either.right(utf8("\\n")))
  })

  const wrong = [
    ["\\", 1],
    ["ab\\", 3],
    ["ab\\q", 3],
    ["\\N", 1],
    ["\\x", 1],
    ["\\x1", 1],
    ["ok\\n\\xg0", 5],
    ["\\u41", 1],
    ["\\u{}", 1],
    ["\\u{41", 1],
    ["\\u{0000041}", 1],
    ["\\u{110000}", 1],
    ["\\u{d800}", 1],
    ["\\u{dfff}", 1],
    ["é\\\\\\q", 4],
    ["😀\\q", 2],
  ] as const
  for (const [input, position] of wrong) {
    it(`${JSON.stringify(input)} is refused at character ${position}`, () => {
      const error = Either.getOrThrow(Either.flip(parseEscapes(input)))
      expect(error.problem).toBe(`the escape at character ${position} is unknown or incomplete`)
      expect(error.message).toContain(`${JSON.stringify(input)} is not a text with escapes`)
      expect(error.expected).toContain("\\xHH")
    })
  }

  it("every escape that a refusal lists is accepted", () => {
    const { expected } = Either.getOrThrow(Either.flip(parseEscapes("\\q")))
    const offered = expected.replace("HH", "41").replace("HEX", "41").split(" ")
    expect(offered).toHaveLength(escapes.length - 2)
    expect(offered.filter((written) => Either.isLeft(parseEscapes(written)))).toEqual([])
  })

  it.prop(
    "any bytes written as \\xHH are read back",
    [FastCheck.uint8Array({ maxLength: 64 })],
    ([bytes]) => {
      const written = [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")
      expect(bytesOf(written)).toEqual(Either.right([...bytes]))
    },
    runs(300),
  )

  it.prop(
    "text without a backslash is encoded as UTF-8",
    [FastCheck.string({ unit: "binary" }).filter((text) => !text.includes("\\"))],
    ([text]) => {
      expect(bytesOf(text)).toEqual(Either.right(utf8(text)))
    },
    runs(300),
  )
})

describe("escapeControls", () => {
  it("safe text in any script is unchanged", () => {
    const safe = "Hello, world! ~ \\ ¡é 中文 עברית العربية 😀 \u00a0"
    expect(escapeControls(safe)).toBe(safe)
  })

  it("control characters become escapes with their name or code", () => {
    expect(escapeControls("\0\u0007\t\n\r\u001b")).toBe("\\0\\a\\t\\n\\r\\e")
    expect(escapeControls("\u0001\u001f\u007f")).toBe("\\x01\\x1f\\x7f")
    expect(escapeControls("\u009b\u202e\ufeff")).toBe("\\u{9b}\\u{202e}\\u{feff}")
  })

  it("a control sequence for a terminal is escaped", () => {
    expect(escapeControls("\u001b]0;title\u0007\u001b[2J\u009b31m")).toBe("\\e]0;title\\a\\e[2J\\u{9b}31m")
  })

  it.prop(
    "no control character, and no character that reorders or breaks a line, is left in any text",
    [anyText],
    ([text]) => {
      expect(escapeControls(text)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\u200b-\u200d\u2060\ufeff]/u)
    },
    runs(1000),
  )

  it.prop(
    "the escaped form of a text without a backslash reads back as that text",
    [anyText.filter((text) => !text.includes("\\"))],
    ([text]) => {
      expect(bytesOf(escapeControls(text))).toEqual(Either.right(utf8(text)))
    },
    runs(1000),
  )
})
