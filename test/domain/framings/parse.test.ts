import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { Framing } from "../../../src/domain/index.ts"
import { runs } from "../../support/properties.ts"

const printed = FastCheck.oneof(
  FastCheck.constantFrom("raw", "line", "netstring", "slip", "cobs", "json"),
  FastCheck.uint8Array({ minLength: 1, maxLength: 64 }).map((bytes) => `delim:${Buffer.from(bytes).toString("hex")}`),
  FastCheck.integer({ min: 1, max: 64 * 1024 * 1024 }).map((size) => `fixed:${size}`),
  FastCheck.integer({ min: 1, max: 60_000 }).map((millis) => `gap:${millis}ms`),
  FastCheck.tuple(
    FastCheck.constantFrom("u8", "u16be", "u16le", "u32be", "u32le", "varint"),
    FastCheck.integer({ min: 1, max: 1024 }).map((offset) => `+${offset}`),
    FastCheck.constantFrom("", ",adjust:2", ",adjust:-65536", ",adjust:7,strip:0", ",strip:1024"),
  ).chain(([field, offset, rest]) => FastCheck.constantFrom(`len:${field}${rest}`, `len:${field}${offset}${rest}`)),
)

const problemOf = (input: string) =>
  Either.match(Framing.parse(input), {
    onLeft: ({ expected, problem }) => `${problem}; expected ${expected}`,
    onRight: ({ name }) => `read as ${name}`,
  })

describe("the text of a framing", () => {
  it.prop(
    "is the name of the framing that is read from it",
    [printed],
    ([text]) => {
      expect(Either.map(Framing.parse(text), ({ name }) => name)).toEqual(Either.right(text))
    },
    runs(300),
  )

  it("can be written in other forms", () => {
    const others = {
      "delim:0D0A": "delim:0d0a",
      "len:u8+0": "len:u8",
      "len:u8,strip:2,adjust:1": "len:u8,adjust:1,strip:2",
    }
    for (const [text, name] of Object.entries({
      ...others,
      "gap:0.02": "gap:20ms",
      "len:u8,adjust:+2": "len:u8,adjust:2",
    })) {
      expect(problemOf(text)).toBe(`read as ${name}`)
    }
  })

  const fields = "u8, u16be, u16le, u32be, u32le, varint"
  const delimiterForm = "1 to 64 bytes as pairs of hex digits, such as delim:0d0a"
  const lengthForm = "len:FIELD[+OFFSET][,adjust:N][,strip:N], such as len:u16be or len:u8+2,adjust:2"
  const problems = [
    ["", `the name is unknown; expected ${Framing.forms.join(", ")}`],
    ["lines", `the name is unknown (did you mean line?); expected ${Framing.forms.join(", ")}`],
    ["slip:1", "slip has no parameters, at character 5; expected slip"],
    ["delim", `the bytes of the delimiter are missing, at character 6; expected ${delimiterForm}`],
    ["delim:0d0", `the last byte has only one digit, at character 9; expected ${delimiterForm}`],
    ["delim:\\r\\n", `"\\\\" is not a hex digit, at character 7; expected ${delimiterForm}`],
    [`delim:${"00".repeat(65)}`, `it has 65 bytes, at character 7; expected ${delimiterForm}`],
    ["len:", `the length field is missing, at character 5; expected ${fields}`],
    ["len:u16", `"u16" is not a length field (did you mean u16be?), at character 5; expected ${fields}`],
    ["len:u8+x", 'the offset is "x", at character 8; expected a whole number from 0 to 1024'],
    ["len:u8+1+2", 'the offset is "1+2", at character 8; expected a whole number from 0 to 1024'],
    [
      "len:u8,adjst:2",
      `"adjst" is not a parameter of len (did you mean adjust?), at character 8; expected ${lengthForm}`,
    ],
    ["len:u8,strip", "strip is missing, at character 13; expected a whole number from 0 to 1024"],
    ["len:u8,strip:-1", 'strip is "-1", at character 14; expected a whole number from 0 to 1024'],
    ["len:u8,strip:1,strip:1", `strip is given twice, at character 16; expected ${lengthForm}`],
    ["fixed:0", 'the size of a frame is "0", at character 7; expected a whole number from 1 to 67108864'],
    ["fixed", "the size of a frame is missing, at character 6; expected a whole number from 1 to 67108864"],
    ["gap:0", 'the time is "0", at character 5; expected a time from 1ms to 60s, such as gap:20ms'],
    ["gap:20", "read as gap:20000ms"],
    ["gap:soon", 'the time is "soon", at character 5; expected a time from 1ms to 60s, such as gap:20ms'],
  ] as const
  for (const [text, problem] of problems) {
    it(`"${text.slice(0, 20)}" gives: ${problem}`, () => {
      expect(problemOf(text)).toBe(problem)
    })
  }

  it("is shown in the message of its error", () => {
    const message = Either.flip(Framing.parse("lin")).pipe(Either.getOrThrow).message
    expect(message).toMatch(/^"lin" is not a framing: the name is unknown \(did you mean line\?\); expected raw, line,/)
  })
})
