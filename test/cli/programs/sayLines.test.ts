import { PassThrough } from "node:stream"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { sayLines } from "../../../src/cli/programs/sayLines.ts"

const said = (pieces: ReadonlyArray<Uint8Array>) =>
  Effect.async<ReadonlyArray<string>>((resume) => {
    const stream = new PassThrough()
    const lines: Array<string> = []
    sayLines(stream, (line) => lines.push(line))
    stream.on("close", () => resume(Effect.succeed(lines)))
    for (const piece of pieces) stream.write(piece)
    stream.end()
  })

const bytes = new TextEncoder().encode("one\r\n\n你好\nlast")

it.effect("each line is passed on whole, wherever the reads split it, and the last one without an end too", () =>
  Effect.gen(function* () {
    for (let at = 0; at <= bytes.length; at++) {
      expect(yield* said([bytes.slice(0, at), bytes.slice(at)])).toEqual(["one", "", "你好", "last"])
    }
  }),
)

it.effect("a line without an end is passed on in pieces", () =>
  Effect.gen(function* () {
    const lines = yield* said(Array.from({ length: 20 }, () => Buffer.alloc(1024, "x")))
    expect(lines.join("")).toBe("x".repeat(20 * 1024))
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(8192)
  }),
)

it.effect("the last line of a stream that is destroyed is passed on", () =>
  Effect.async<void>((resume) => {
    const stream = new PassThrough()
    const lines: Array<string> = []
    sayLines(stream, (line) => lines.push(line))
    stream.write("cut", () => stream.destroy())
    stream.on("close", () => {
      expect(lines).toEqual(["cut"])
      resume(Effect.void)
    })
  }),
)
