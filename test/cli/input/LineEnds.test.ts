import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { LineEnds } from "../../../src/cli/input/LineEnds.ts"
import { cutAt, lineBytes, runs } from "../../support/properties.ts"

const endings = { none: "", lf: "\n", crlf: "\r\n", cr: "\r" } as const
type Ending = keyof typeof endings

const converted = (ending: Ending, chunks: Iterable<Uint8Array>): string => {
  const ends = new LineEnds(ending)
  const parts = [...chunks].map((chunk) => ends.push(chunk).slice())
  return Buffer.concat([...parts, ends.end()]).toString("latin1")
}

describe("the line ends of a stream", () => {
  it.each([
    ["lf", "a\nb\r\nc\rd", "a\nb\r\nc\rd"],
    ["crlf", "a\nb\r\nc\rd\n\n", "a\r\nb\r\nc\rd\r\n\r\n"],
    ["cr", "a\nb\r\nc\rd", "a\rb\r\nc\rd"],
    ["none", "a\nb\r\nc\rd\r\r\ne\r", "abc\rd\re\r"],
  ] as const)("become %s, and an existing CRLF stays if there are line ends", (ending, text, wanted) => {
    expect(converted(ending, [Buffer.from(text, "latin1")])).toBe(wanted)
  })

  it.prop(
    "are the same wherever the reads split the stream",
    {
      ending: FastCheck.constantFrom<Ending>("none", "lf", "crlf", "cr"),
      bytes: lineBytes(40),
      cuts: FastCheck.array(FastCheck.nat(40)),
    },
    ({ bytes, cuts, ending }) => {
      const wanted = Buffer.from(bytes)
        .toString("latin1")
        .replace(/\r?\n/g, (end) => (ending !== "none" && end === "\r\n" ? end : endings[ending]))
      expect(converted(ending, cutAt(bytes, cuts))).toBe(wanted)
    },
    runs(500),
  )
})
