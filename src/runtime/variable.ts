import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

/** Options of a layer with settings from environment variables. */
export interface EnvironmentOptions<S> {
  /**
   * The first part of the names of the variables. Default "TCPFX". "CHAT" and "CHAT_" mean the same. With "" the variables
   * have the names of the settings alone, such as `MAX_CONNS`.
   */
  readonly prefix?: string
  /** The values of settings that have no variable. */
  readonly defaults?: Partial<S>
}

/** A parser of the text of a variable. */
export type Parse<A> = (text: string) => Either.Either<A, { readonly message: string }>

/** The first part of the names of the variables. */
export const defaultPrefix = "TCPFX"

/**
 * Makes a config that reads the environment variable with the name `prefix`, an underscore and `name`. An empty variable is an error. Otherwise a
 * script that fills it from an unset variable could, for example, allow every address to connect.
 */
export function variable<A, B = A>(
  name: string,
  parse: Parse<A>,
  fallback: B,
  prefix: string = defaultPrefix,
): Config.Config<A | B> {
  const first = prefix.endsWith("_") ? prefix.slice(0, -1) : prefix
  const fullName = first === "" ? name : `${first}_${name}`
  const invalid = (problem: string) => ConfigError.InvalidData([], `${fullName}: ${problem}`)
  const read = Config.option(Config.string(name)).pipe(
    Config.mapOrFail((found): Either.Either<A | B, ConfigError.ConfigError> => {
      if (Option.isNone(found)) return Either.right(fallback)
      return found.value === ""
        ? Either.left(invalid(emptyVariable))
        : Either.mapLeft(parse(found.value), ({ message }) => invalid(message))
    }),
  )
  return first === "" ? read : Config.nested(read, first)
}

/** The error message for an empty variable. */
export const emptyVariable = "the value is empty; give one, or unset the variable"
