import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { commandLines } from "../../../src/cli/control/commandLines.ts"
import { cutAt } from "../../support/properties.ts"

const most = 8

const feed = (chunks: ReadonlyArray<Uint8Array>) => {
  const decoder = commandLines.decoder(most)
  const lines: Array<string> = []
  const sink = {
    onRun: (run: Uint8Array) => commandLines.payloads(run, (line) => lines.push(Buffer.from(line).toString("latin1"))),
  }
  for (const chunk of chunks) {
    expect(decoder.push(chunk, sink)).toBe(true)
    expect(decoder.pending()).toBeLessThanOrEqual(most + 1)
  }
  decoder.end(sink)
  return lines
}

const lineTexts = FastCheck.array(
  FastCheck.string({ unit: FastCheck.constantFrom("a", "b", " "), maxLength: 3 * most }),
  { maxLength: 12 },
)

describe("command lines", () => {
  it.prop(
    "come in order wherever the reads are cut, and a line above the limit comes as its first bytes, one more than the limit",
    [lineTexts, FastCheck.array(FastCheck.nat({ max: 200 }), { maxLength: 8 })],
    ([texts, places]) => {
      const wire = Buffer.from(texts.map((text) => `${text}\n`).join(""))
      expect(feed(cutAt(wire, places))).toEqual(texts.map((text) => text.slice(0, most + 1)))
    },
  )

  it("may be as long as the limit, and the end completes the last one", () => {
    const chunks = ["1234567\r", "\n123456789", "0\n", "last"].map((text) => Buffer.from(text))
    expect(feed(chunks)).toEqual(["1234567", "123456789", "last"])
  })

  it("have answers of any length, without line ends", () => {
    expect(commandLines.refuses?.(new Uint8Array(100), most)).toBe(undefined)
    expect(commandLines.refuses?.(Uint8Array.of(0x0a), most)).toContain("line end")
  })
})
