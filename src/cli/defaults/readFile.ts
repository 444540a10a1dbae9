import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import { fileProblem, readBytes } from "../files/files.ts"
import type { CommandShapes } from "../flags/habits.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { type EndedBySignal, Signals } from "../process/signals.ts"
import type { Stdio } from "../process/stdio.ts"
import { tell } from "../process/tell.ts"
import { type DefaultsFile, type FileDefaults, parseFileDefaults } from "./fileDefaults.ts"
import { statOf } from "./places.ts"

// A file that is no YAML has a mistake in nearly every line, so only the first ones are printed.
const mostMistakes = 10

/** Reads a file of defaults. If the file has mistakes, prints each of the first ones in a line, and fails with the last. */
export const readFile = (
  place: DefaultsFile,
  commands: CommandShapes,
): Effect.Effect<FileDefaults, CommandFailed | EndedBySignal, Stdio | Signals> =>
  Effect.gen(function* () {
    const signals = yield* Signals
    const { path } = place
    if (place.namedBy === undefined && statOf(path)?.isFile() === false) {
      return yield* usageError(`${place.shownPath} cannot be read: it is not a regular file`)
    }
    const bytes = yield* place.namedBy === undefined
      ? Effect.try({
          try: () => fs.readFileSync(path),
          catch: (error) =>
            usageError(
              `${place.shownPath} cannot be read: ${fileProblem((error as NodeJS.ErrnoException).code ?? "EIO")}`,
            ),
        })
      : signals.unlessEnded(readBytes(place.namedBy, path))
    const text = yield* Effect.try({
      try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
      catch: () => usageError(`${place.shownPath} cannot be read: it is not UTF-8`),
    })
    const yaml = yield* Effect.tryPromise({
      try: () => import("yaml"),
      catch: (error) =>
        usageError(`the YAML library cannot be loaded: ${error instanceof Error ? error.message : error}`),
    })
    const parsed = parseFileDefaults(yaml, place, text, commands)
    if (parsed._tag === "Right") return parsed.right
    const mistakes = parsed.left
    const more = mistakes.length - mostMistakes
    const lines =
      more > 1 ? [...mistakes.slice(0, mostMistakes), `${place.shownPath} has ${more} more mistakes`] : mistakes
    yield* Effect.forEach(lines.slice(0, -1), tell, { discard: true })
    return yield* usageError(lines.at(-1) ?? "")
  })
