import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Either from "effect/Either"

type Parse<A> = (text: string) => Either.Either<A, { readonly message: string }>

/** A setting as a variable of the environment, with the prefix `TCPFX_`. Empty is as good as unset. */
export function variable<A>(name: string, parse: Parse<A>, fallback: A): Config.Config<A> {
  return Config.string(name).pipe(
    Config.withDefault(""),
    Config.mapOrFail((text) =>
      text === ""
        ? Either.right(fallback)
        : Either.mapLeft(parse(text), (error) => ConfigError.InvalidData([], `TCPFX_${name}: ${error.message}`)),
    ),
    Config.nested("TCPFX"),
  )
}
