import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

type Parse<A> = (text: string) => Either.Either<A, { readonly message: string }>

/**
 * A setting as a variable of the environment, with the prefix `TCPFX_`. An empty variable is an error: a script that
 * fills it from another one that is unset would otherwise, say, let everybody connect.
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

/** What is wrong with an empty variable. */
export const emptyVariable = "the value is empty; give one, or unset the variable"
