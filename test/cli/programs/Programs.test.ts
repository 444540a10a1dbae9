import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Programs } from "../../../src/cli/programs/Programs.ts"
import { sayLines } from "../../../src/cli/programs/sayLines.ts"

it.scopedLive("the standard error of programs that have ended is read to its end", () =>
  Effect.gen(function* () {
    const programs = yield* Programs.make
    const spec = { file: "/bin/sh", args: ["-c", "printf 'first\\nlast' >&2"] }
    const linesOfOne = Effect.gen(function* () {
      const lines: Array<string> = []
      const program = yield* programs.start(spec, {}, () => {})
      sayLines(program.stderr, (line) => lines.push(line))
      yield* program.exited
      return lines
    }).pipe(Effect.scoped)
    const each = yield* Effect.all(
      Array.from({ length: 20 }, () => linesOfOne),
      { concurrency: "unbounded" },
    )
    for (const lines of each) expect(lines).toEqual(["first", "last"])
  }),
)
