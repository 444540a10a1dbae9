import type * as Config from "effect/Config"
import { type ConfigError, isInvalidData } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { emptyVariable } from "../../runtime/variable.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"

/** A flag, or else the environment, or else the default. */
export const given = <A>(flag: Option.Option<A>, fallback: Config.Config<A>): Effect.Effect<A, ConfigError> =>
  Option.match(flag, { onNone: () => fallback, onSome: Effect.succeed })

/** What is wrong with the environment, as an error of usage. */
export const environmentError = (error: ConfigError): CommandFailed =>
  usageError(isInvalidData(error) ? error.message : `the environment cannot be read: ${error._op}`)

/**
 * Refuses an empty variable of ours, whether or not this command reads it: it was filled from another variable that is
 * unset, and the setting that it stands for would be missing. (`NO_COLOR` and `SSLKEYLOGFILE` are not ours: empty means
 * unset there.)
 */
export const checkVariables = (
  environment: Readonly<Record<string, string | undefined>>,
): Effect.Effect<void, CommandFailed> => {
  const found = Object.entries(environment).find(([name, text]) => name.startsWith("TCPFX_") && text === "")
  return found === undefined ? Effect.void : usageError(`${found[0]}: ${emptyVariable}`)
}
