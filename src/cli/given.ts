import type * as Config from "effect/Config"
import { type ConfigError, isInvalidData } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type CommandFailed, usageError } from "./exit.ts"

/** A flag, or else the environment, or else the default. */
export const given = <A>(flag: Option.Option<A>, fallback: Config.Config<A>): Effect.Effect<A, ConfigError> =>
  Option.match(flag, { onNone: () => fallback, onSome: Effect.succeed })

/** What is wrong with the environment, as an error of usage. */
export const environmentError = (error: ConfigError): CommandFailed =>
  usageError(isInvalidData(error) ? error.message : `the environment cannot be read: ${error._op}`)
