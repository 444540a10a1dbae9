import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { largeFrameBytes, Page } from "../../../src/cli/output/Page.ts"
import { rowFrame, writeRest, writeRows } from "../../../src/cli/output/rows.ts"
import { Stdio } from "../../../src/cli/process/stdio.ts"
import { type LineShower, TextShower, wholeShower } from "../../../src/domain/TextShower.ts"
import { recordedStdio } from "../../support/shown.ts"

const frame = rowFrame("> ", (text) => text)

/** The writes for some bytes. */
const writes = (parts: ReadonlyArray<Uint8Array>, shower: LineShower, rest?: TextShower) =>
  Effect.gen(function* () {
    const { stdio, shown } = recordedStdio()
    const page = new Page()
    for (const part of parts) writeRows(part, frame, shower, page)
    if (rest !== undefined) writeRest(rest, frame, page)
    yield* Effect.provideService(page.flush, Stdio, stdio)
    return shown().map(([, text]) => text)
  })

describe("rows of a large frame", () => {
  const contents = {
    "one row of characters of each length": "aé€😀".repeat(largeFrameBytes / 8),
    "rows that end anywhere": `${"x".repeat(1000)}\n`.repeat(largeFrameBytes / 1000),
    "rows of which one is longer than a piece": `a\n${"\u0000".repeat(largeFrameBytes)}\nb\n`,
  }
  for (const [name, content] of Object.entries(contents)) {
    it.effect(`are made in pieces, and are the same as those of small ones: ${name}`, () =>
      Effect.gen(function* () {
        const bytes = Buffer.from(content)
        expect(bytes.length).toBeGreaterThan(largeFrameBytes)
        const pieces = yield* writes([bytes], wholeShower)
        expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(1024 * 1024)
        const rows = content.split(/(?<=\n)/).map((row) => `> ${row.replaceAll("\n", "\\n").replaceAll("\0", "\\0")}\n`)
        expect(pieces.join("") === rows.join("")).toBe(true)
      }),
    )
  }

  it.effect("complete a character from the previous frame, and leave an incomplete one for the next", () =>
    Effect.gen(function* () {
      const large = Buffer.concat([Buffer.of(0x9f, 0x98, 0x80), Buffer.alloc(largeFrameBytes, "x"), Buffer.of(0xe2)])
      const shower = new TextShower()
      const pieces = yield* writes([Buffer.of(0xf0), large, Buffer.of(0x82, 0xac), Buffer.of(0xc3)], shower, shower)
      expect(
        pieces
          .join("")
          .split("\n")
          .map((row) => row.slice(0, 6)),
      ).toEqual(["> 😀xx", "> €", "> \\xc3", ""])
    }),
  )
})
