import * as Effect from "effect/Effect"
import { checkVariables } from "../flags/given.ts"
import type { CommandShapes } from "../flags/habits.ts"
import { CommandFailed } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { tell } from "../process/tell.ts"
import { type Default, describeOrigin, endpointKey, type Origin } from "./Default.ts"
import { fileName, filePlaces, type NamedFiles, readFile, stateOf } from "./files.ts"
import { strongest } from "./precedence.ts"
import { isSectionName, type SectionName, settable } from "./sections.ts"
import { ownDefaults, sectionDefaults } from "./variables.ts"
import { type GivenFlag, givenIn, withDefaults } from "./words.ts"

/** A command line with its defaults. */
export interface Completed {
  readonly words: ReadonlyArray<string>
  /** The defaults that count, by the names of their flags. */
  readonly received: ReadonlyMap<string, Origin>
}

const namedFiles = (given: ReadonlyArray<GivenFlag>): NamedFiles => {
  const textOf = (name: string) => given.find((flag) => flag.name === name)?.value
  return { config: textOf("config"), project: textOf("project") }
}

/** The flags of a command line, and the defaults of each source, the strongest source first. */
export const sourcesOf = (section: SectionName, words: ReadonlyArray<string>, commands: CommandShapes) =>
  Effect.gen(function* () {
    const given = givenIn(words, commands[section] ?? [])
    const own = ownDefaults(section, process.env)
    const variables = yield* sectionDefaults(section, process.env, commands)
    const files = yield* Effect.forEach(filePlaces(namedFiles(given), process.env), (place) =>
      Effect.gen(function* () {
        const state = stateOf(place)
        if (state === "foreign") {
          const { role, shownPath } = place
          yield* tell(
            `${shownPath} is not used: it belongs to another user (--${role === "user" ? "config" : role} uses it)`,
          )
        }
        // With the page, saving creates the project file.
        const isMade = (place.namedBy === "project" && given.some(({ name }) => name === "ui")) || section === "ui"
        if (state === "absent" ? place.namedBy === undefined || isMade : state === "foreign") return []
        return (yield* readFile(place, commands))[section]
      }),
    )
    return { given, own, layers: [variables, own, ...files] }
  })

/**
 * Adds the defaults of variables and files to a normalized command line. Reports the defaults of a project file that
 * the command line does not name: the file comes with the folder, and its user may not know it.
 */
export const applyDefaults = (
  words: ReadonlyArray<string>,
  commands: CommandShapes,
): Effect.Effect<Completed, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    const [section = ""] = words
    if (!isSectionName(section) || words.includes("--version")) return { words, received: new Map() }
    yield* checkVariables(process.env)
    const { given, layers, own } = yield* sourcesOf(section, words, commands)
    const isNamed = given.some(({ name }) => name === "project")
    const defaults = strongest(layers, given).filter((entry) => !own.includes(entry))
    const fromFolder = defaults.filter(({ origin }) => origin._tag === "File" && origin.role === "project")
    if (fromFolder.length > 0 && !isNamed) {
      yield* tell(`${fileName} sets ${fromFolder.map(asFlag(section, commands)).join(", ")} (--config none ignores it)`)
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
