import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

type Parse<A> = (text: string) => Either.Either<A, { readonly message: string }>

/**
 * Makes a config that reads the environment variable `TCPFX_` plus `name`. An empty variable is an error. Otherwise a
 * script that fills it from an unset variable could, for example, allow every address to connect.
 */
export function variable<A>(name: string, parse: Parse<A>, fallback: A): Config.Config<A> {
  const invalid = (problem: string) => ConfigError.InvalidData([], `TCPFX_${name}: ${problem}`)
  return Config.option(Config.string(name)).pipe(
    Config.mapOrFail((found) => {
      if (Option.isNone(found)) return Either.right(fallback)
      return found.value === ""
        ? Either.left(invalid(emptyVariable))
        : Either.mapLeft(parse(found.value), ({ message }) => invalid(message))
    }),
    Config.nested("TCPFX"),
  )
}

/** The error message for an empty variable. */
export const emptyVariable = "the value is empty; give one, or unset the variable"
