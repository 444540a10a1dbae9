import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { escapeControls, eventLineVersion } from "../../domain/index.ts"
import { makesProject, namedFiles } from "../defaults/applyDefaults.ts"
import { explain, type FlagValue, sourceText } from "../defaults/explain.ts"
import { absolutePath, filePlaces, stateOf } from "../defaults/places.ts"
import { isSectionName, type SectionName, sectionNames } from "../defaults/sections.ts"
import { readFiles } from "../defaults/sources.ts"
import { type GivenFlag, givenIn } from "../defaults/words.ts"
import { normalize } from "../flags/argv.ts"
import type { CommandShapes } from "../flags/habits.ts"
import { exitCode, usageError } from "../process/exit.ts"
import { Stdio } from "../process/stdio.ts"
import type { ExplainOptions } from "./config.ts"

/** Runs `tcpfx config`. `explained` is the command line after `--`, if any. Returns the exit code. */
export const runConfig = (
  options: ExplainOptions,
  explained: ReadonlyArray<string> | undefined,
  commands: CommandShapes,
) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const isJson = Option.contains(options.output, "json")
    const { given, sections } = yield* explainedBy(options, explained, commands)
    const own = { config: Option.getOrUndefined(options.config), project: Option.getOrUndefined(options.project) }
    const theirs = namedFiles(given)
    const named = { config: theirs.config ?? own.config, project: theirs.project ?? own.project }
    if (options.path) {
      const places = filePlaces(named, process.env).map((place) => ({ place, state: stateOf(place) }))
      const lines = places.map(({ place, state }) =>
        isJson
          ? JSON.stringify({
              v: eventLineVersion,
              _tag: "ConfigFile",
              role: place.role,
              path: absolutePath(place),
              state,
            })
          : `${place.role.padEnd("project".length)}  ${escapeControls(absolutePath(place))}${states[state]}`,
      )
      yield* stdio.writeLines(lines.map((line) => `${line}\n`).join(""))
      return exitCode.ok
    }
    const isMade = sections.some((section) => makesProject(section, given))
    const files = yield* readFiles(named, commands, isMade && explained !== undefined)
    const parts = yield* Effect.forEach(sections, (section) =>
      Effect.map(explain(section, given, files, commands), (values) =>
        isJson ? values.map((value) => jsonLine(section, value)) : [`${section}:`, ...table(values)],
      ),
    )
    const text = isJson ? parts.flat() : parts.flatMap((lines, index) => (index === 0 ? lines : ["", ...lines]))
    yield* stdio.writeLines(text.map((line) => `${line}\n`).join(""))
    return exitCode.ok
  })

const states = { file: "", absent: "  (no such file)", foreign: "  (not used: it belongs to another user)" } as const

/** The sections to explain, and the flags of the command line to explain. */
const explainedBy = ({ args }: ExplainOptions, explained: ReadonlyArray<string> | undefined, commands: CommandShapes) =>
  Effect.gen(function* () {
    const none: ReadonlyArray<GivenFlag> = []
    if (explained !== undefined && args.length > 0) {
      return yield* usageError(`leave ${JSON.stringify(args[0])} out: the command line after -- names the command`)
    }
    const words = explained === undefined ? args : yield* normalize(explained, commands)
    const [section, ...more] = words
    if (section === undefined) return { given: none, sections: sectionNames as ReadonlyArray<SectionName> }
    if (!isSectionName(section) || (explained === undefined && more.length > 0)) {
      return yield* usageError(
        `tcpfx config takes one of ${sectionNames.join(", ")}; a command line follows after --, as in tcpfx config -- serve 9000`,
      )
    }
    return { given: explained === undefined ? none : givenIn(words, commands[section] ?? []), sections: [section] }
  })

const mostPadded = 32

const table = (values: ReadonlyArray<FlagValue>): ReadonlyArray<string> => {
  const rows = values.map((value) => ({
    name: value.isArgument ? value.name : `--${value.name}`,
    text: escapeControls(value.values.length > 0 ? value.values.join(" ") : (value.fallback ?? "-")),
    source: escapeControls(sourceText(value.source)),
  }))
  const names = Math.max(...rows.map(({ name }) => name.length))
  const texts = Math.min(mostPadded, Math.max(...rows.map(({ text }) => text.length)))
  return rows.map(({ name, source, text }) => `  ${name.padEnd(names)}  ${text.padEnd(texts)}  ${source}`)
}

const jsonLine = (command: SectionName, { fallback, isArgument, name, source, values }: FlagValue): string =>
  JSON.stringify({
    v: eventLineVersion,
    _tag: "ConfigValue",
    command,
    name: isArgument ? name : `--${name}`,
    values,
    ...(values.length === 0 && fallback !== undefined ? { default: fallback } : {}),
    source: source._tag,
    ...(source._tag === "UserFile" || source._tag === "ProjectFile" ? { path: source.path, line: source.line } : {}),
    ...(source._tag === "Variable" ? { variable: source.name } : {}),
  })
