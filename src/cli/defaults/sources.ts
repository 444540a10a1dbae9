import * as Effect from "effect/Effect"
import { checkVariables } from "../flags/given.ts"
import type { CommandShapes } from "../flags/habits.ts"
import type { CommandFailed } from "../process/exit.ts"
import type { EndedBySignal, Signals } from "../process/signals.ts"
import type { Stdio } from "../process/stdio.ts"
import { warn } from "../process/tell.ts"
import type { Default } from "./Default.ts"
import type { FileDefaults } from "./fileDefaults.ts"
import { filePlaces, type NamedFiles, stateOf } from "./places.ts"
import { readFile } from "./readFile.ts"
import type { SectionName } from "./sections.ts"
import { ownDefaults, sectionDefaults } from "./variables.ts"

/** Reads the files of defaults, the strongest first. With `makesProject`, the named project file may be absent. */
export const readFiles = (
  named: NamedFiles,
  commands: CommandShapes,
  makesProject: boolean,
): Effect.Effect<ReadonlyArray<FileDefaults>, CommandFailed | EndedBySignal, Stdio | Signals> =>
  Effect.gen(function* () {
    const found: Array<FileDefaults> = []
    for (const place of filePlaces(named, process.env)) {
      const { namedBy, role, shownPath } = place
      const state = stateOf(place)
      if (state === "foreign") {
        const flag = role === "user" ? "--config" : "--project"
        yield* warn(`${shownPath} is not used: it belongs to another user (${flag} uses it)`)
        continue
      }
      const mayBeAbsent = namedBy === undefined || (namedBy === "project" && makesProject)
      if (state === "file" || !mayBeAbsent) found.push(yield* readFile(place, commands))
    }
    return found
  })

/** The defaults of a command. */
export interface Sources {
  /** The defaults of each source, the strongest source first. */
  readonly layers: ReadonlyArray<ReadonlyArray<Default>>
  /** Whether the command reads the default itself, from a variable without the name of the command. */
  readonly isOwn: (entry: Default) => boolean
}

/** The defaults of a command from variables and files. */
export const sourcesOf = (
  section: SectionName,
  files: ReadonlyArray<FileDefaults>,
  commands: CommandShapes,
): Effect.Effect<Sources, CommandFailed> =>
  Effect.gen(function* () {
    yield* checkVariables(process.env)
    const own = ownDefaults(section, process.env)
    const variables = yield* sectionDefaults(section, process.env, commands)
    return {
      layers: [variables, own, ...files.map((file) => file[section])],
      isOwn: (entry) => own.includes(entry),
    }
  })
