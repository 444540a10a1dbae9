import * as Effect from "effect/Effect"
import { endpointDefaults, formatEndpoint, tcpEndpoint } from "../../domain/index.ts"
import { choicesOf } from "../flags/choices.ts"
import type { FlagShape } from "../flags/flag.ts"
import type { CommandShapes } from "../flags/habits.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { endpointKey, type Origin } from "./Default.ts"
import type { FileDefaults } from "./fileDefaults.ts"
import { strongest } from "./precedence.ts"
import { type SectionName, settable } from "./sections.ts"
import { sourcesOf } from "./sources.ts"
import type { GivenFlag } from "./words.ts"

/** The source of a value that is in force. */
export type Source =
  | { readonly _tag: "CommandLine" | "Default" }
  | { readonly _tag: "Variable"; readonly name: string }
  | { readonly _tag: "UserFile" | "ProjectFile"; readonly path: string; readonly line: number }

/** The value of a flag that is in force. */
export interface FlagValue {
  readonly name: string
  /** Whether the values are arguments and not values of a flag. */
  readonly isArgument: boolean
  /** The values with hidden secrets. Empty for the default of the command. */
  readonly values: ReadonlyArray<string>
  /** The default of the command in the words of the help. */
  readonly fallback: string | undefined
  readonly source: Source
}

const fromOrigin = (origin: Origin): Source =>
  origin._tag === "Variable"
    ? { _tag: "Variable", name: origin.name }
    : { _tag: origin.role === "user" ? "UserFile" : "ProjectFile", path: origin.path, line: origin.line }

/** Describes a source in one word or with its place. */
export const sourceText = (source: Source): string => {
  switch (source._tag) {
    case "CommandLine":
      return "command line"
    case "Default":
      return "default"
    case "Variable":
      return source.name
    case "UserFile":
    case "ProjectFile":
      return `${source.path}:${source.line}`
  }
}

/** The values of all flags of a command that are in force, each with its source. */
export const explain = (
  section: SectionName,
  given: ReadonlyArray<GivenFlag>,
  files: ReadonlyArray<FileDefaults>,
  commands: CommandShapes,
): Effect.Effect<ReadonlyArray<FlagValue>, CommandFailed> =>
  Effect.gen(function* () {
    const { isOwn, layers } = yield* sourcesOf(section, files, commands)
    const defaults = strongest(layers, given)
    const flags = settable(section, commands)
    for (const entry of defaults.filter(isOwn)) {
      const flag = flags.find(({ name }) => name === entry.name && name !== endpointKey)
      const problem = flag?.problemOf(entry.values[0] ?? "")
      if (problem !== undefined && entry.origin._tag === "Variable") {
        return yield* usageError(`${entry.origin.name}: ${problem}`)
      }
    }
    for (const { name, value } of given) {
      if (name === endpointKey) continue
      const problem = flags.find((flag) => flag.name === name)?.problemOf(value)
      if (problem !== undefined) return yield* usageError(`--${name}: ${problem}`)
    }
    return flags.map((flag): FlagValue => {
      const { name } = flag
      const about = { name, isArgument: name === endpointKey, fallback: fallbackOf(flag) }
      const onCommandLine = given.filter((word) => word.name === name).map(({ value }) => value)
      if (onCommandLine.length > 0) return { ...about, values: hidden(onCommandLine), source: { _tag: "CommandLine" } }
      const found = defaults.find((entry) => entry.name === name)
      return found === undefined
        ? { ...about, values: [], source: { _tag: "Default" } }
        : { ...about, values: hidden(found.values), source: fromOrigin(found.origin) }
    })
  })

/** Hides the passwords in addresses such as `socks5://user:password@host`, and the tokens in `nats://token@host`. */
const hidden = (values: ReadonlyArray<string>): ReadonlyArray<string> =>
  values.map((value) =>
    value.replace(/(:\/\/[^/@\s]*?:)[^/\s]*@/g, "$1***@").replace(/\b(nats|tls):\/\/[^/@:\s]+@/g, "$1://***@"),
  )

/** The default of a flag as its help has it. Undefined if the flag has no default. */
const fallbackOf = (flag: FlagShape): string | undefined => {
  if (flag.name === endpointKey) return formatEndpoint(tcpEndpoint(endpointDefaults.host, endpointDefaults.port))
  if (!flag.takesValue) return "no"
  const named = /\(default:? ([^);]+)/.exec(flag.help)?.[1] ?? /Default: (.+?)\.(?: |$)/.exec(flag.help)?.[1]
  const marked = /([\w-]+) \(default\)|\(([\w-]+), the default\)/.exec(flag.help)
  const word = marked?.[1] ?? marked?.[2]
  const choices = choicesOf(flag)
  return word !== undefined && (choices.length === 0 || choices.includes(word)) ? word : named
}
