import type * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** A flag, or else the environment, or else the default. */
export const given = <A>(
  flag: Option.Option<A>,
  fallback: Config.Config<A>,
): Effect.Effect<A, ConfigError.ConfigError> => Option.match(flag, { onNone: () => fallback, onSome: Effect.succeed })
