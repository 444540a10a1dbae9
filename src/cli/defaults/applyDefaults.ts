import * as Effect from "effect/Effect"
import { projectFileName } from "../../assistant/project/Project.ts"
import type { CommandShapes } from "../flags/habits.ts"
import { CommandFailed } from "../process/exit.ts"
import type { EndedBySignal, Signals } from "../process/signals.ts"
import type { Stdio } from "../process/stdio.ts"
import { tell } from "../process/tell.ts"
import { type Default, describeOrigin, endpointKey, type Origin } from "./Default.ts"
import type { NamedFiles } from "./places.ts"
import { strongest } from "./precedence.ts"
import { isSectionName, type SectionName, settable } from "./sections.ts"
import { readFiles, sourcesOf } from "./sources.ts"
import { type GivenFlag, givenIn, withDefaults } from "./words.ts"

/** A command line with its defaults. */
export interface Completed {
  readonly words: ReadonlyArray<string>
  /** The defaults that apply, by the names of their flags. */
  readonly received: ReadonlyMap<string, Origin>
}

/** Returns the files that a command line names with `--config` and `--project`. */
export const namedFiles = (given: ReadonlyArray<GivenFlag>): NamedFiles => {
  const textOf = (name: string) => given.find((flag) => flag.name === name)?.value
  return { config: textOf("config"), project: textOf("project") }
}

/** Whether a command line saves the project, and so creates the project file if it does not exist. */
export const makesProject = (section: SectionName, given: ReadonlyArray<GivenFlag>): boolean =>
  section === "ui" || given.some(({ isOff, name }) => name === "ui" && !isOff)

/**
 * Adds the defaults of variables and files to a normalized command line. Reports the defaults of a project file that
 * the command line does not name, because the file belongs to the folder, and the user may not know about it.
 */
export const applyDefaults = (
  words: ReadonlyArray<string>,
  commands: CommandShapes,
): Effect.Effect<Completed, CommandFailed | EndedBySignal, Stdio | Signals> =>
  Effect.gen(function* () {
    const [section = ""] = words
    if (!isSectionName(section) || words.includes("--version")) return { words, received: new Map() }
    const given = givenIn(words, commands[section] ?? [])
    const named = namedFiles(given)
    const files = yield* readFiles(named, commands, makesProject(section, given))
    const { isOwn, layers } = yield* sourcesOf(section, files, commands)
    const defaults = strongest(layers, given).filter((entry) => !isOwn(entry))
    const fromFolder = defaults.filter(({ origin }) => origin._tag === "File" && origin.role === "project")
    if (fromFolder.length > 0 && named.project === undefined) {
      yield* tell(
        `${projectFileName} sets ${fromFolder.map(asFlag(section, commands)).join(", ")} (--config none ignores it)`,
      )
    }
    return {
      words: withDefaults(words, defaults, settable(section, commands)),
      received: new Map(defaults.map(({ name, origin }) => [name, origin])),
    }
  })

const asFlag =
  (section: SectionName, commands: CommandShapes) =>
  ({ name, values }: Default): string => {
    if (name === endpointKey) return values.join(" ")
    const takesValue = settable(section, commands).some((flag) => flag.name === name && flag.takesValue)
    return takesValue
      ? values.map((value) => `--${name} ${value}`).join(" ")
      : `--${name}${values[0] === "no" ? "=no" : ""}`
  }

/** Adds to an error message the places of the defaults that the message names. */
export const withOrigins = (error: CommandFailed, received: ReadonlyMap<string, Origin>): CommandFailed => {
  const named = [...received].filter(([name]) => new RegExp(`--${name}(?![\\w-])`).test(error.message))
  if (named.length === 0) return error
  const places = named.map(([name, origin]) => `--${name} comes from ${describeOrigin(origin)}`)
  return new CommandFailed({ code: error.code, message: `${error.message} (${places.join(", ")})` })
}
