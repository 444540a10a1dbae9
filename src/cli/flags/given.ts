import type * as Config from "effect/Config"
import { type ConfigError, isInvalidData } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { emptyVariable } from "../../runtime/variable.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { choicesOf } from "./choices.ts"
import type { Flag } from "./flag.ts"

/** The value of a flag, or else of an environment variable, or else the default. */
export const given = <A>(flag: Option.Option<A>, fallback: Config.Config<A>): Effect.Effect<A, ConfigError> =>
  Option.match(flag, { onNone: () => fallback, onSome: Effect.succeed })

/** Converts an error in an environment variable into a usage error. */
export const environmentError = (error: ConfigError): CommandFailed =>
  usageError(isInvalidData(error) ? error.message : `the environment cannot be read: ${error._op}`)

/**
 * Refuses an empty `TCPFX_…` variable, even if this command does not read it. An empty variable usually comes from
 * another variable that is unset. Without this check, its setting would silently have the default. An empty `NO_COLOR`
 * or `SSLKEYLOGFILE` counts as unset.
 */
export const checkVariables = (
  environment: Readonly<Record<string, string | undefined>>,
): Effect.Effect<void, CommandFailed> => {
  const found = Object.entries(environment).find(([name, text]) => name.startsWith("TCPFX_") && text === "")
  return found === undefined ? Effect.void : usageError(`${found[0]}: ${emptyVariable}`)
}

/** A file that a flag names. */
export interface NamedFile {
  readonly flag: string
  readonly path: string
}

/** The files that the given flags with a PATH name. */
export const namedFiles = (
  flags: Readonly<Record<string, Flag<unknown>>>,
  options: Readonly<Record<string, unknown>>,
): ReadonlyArray<NamedFile> => {
  const found: Array<NamedFile> = []
  for (const [key, { shape }] of Object.entries(flags)) {
    if (!/^PATH\b/.test(shape.placeholder)) continue
    const words = choicesOf(shape)
    const option = options[key]
    const paths: ReadonlyArray<unknown> = Array.isArray(option)
      ? option
      : Option.isOption(option)
        ? Option.toArray(option)
        : []
    for (const path of paths) {
      if (typeof path === "string" && !words.includes(path)) found.push({ flag: shape.name, path })
    }
  }
  return found
}
