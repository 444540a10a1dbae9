import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ReceivedDefaults } from "../defaults/Default.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Flag } from "./flag.ts"

/** Flags that have an effect only under a condition. */
export interface Dependency<Key extends string, Facts> {
  /** The keys of the flags in the record of the command's flags. */
  readonly flags: ReadonlyArray<Key>
  readonly isMet: (facts: Facts) => boolean
  /** The error message after the name of the flag: what the flag needs, or which other flag cancels its effect. */
  readonly problem: string
  /** Whether a default from a file or a variable is refused too, because security depends on the flag. */
  readonly refusesDefaults?: boolean
}

const isGiven = (option: unknown): boolean => {
  if (Array.isArray(option)) return option.length > 0
  return Option.isOption(option) ? Option.isSome(option) : option === true
}

/**
 * Refuses the first given flag without effect, so that no user relies on a setting that does nothing. A default from a
 * file or a variable may be without effect, because it serves many command lines.
 */
export const checkDependencies = <Key extends string, Facts>(
  dependencies: ReadonlyArray<Dependency<Key, Facts>>,
  flags: Readonly<Record<Key, Flag<unknown>>>,
  options: Readonly<Record<Key, unknown>>,
  facts: Facts,
): Effect.Effect<void, CommandFailed> =>
  Effect.gen(function* () {
    const received = yield* ReceivedDefaults
    for (const dependency of dependencies) {
      if (dependency.isMet(facts)) continue
      const counts = (key: Key) => dependency.refusesDefaults === true || !received.has(flags[key].shape.name)
      const stray = dependency.flags.find((key) => isGiven(options[key]) && counts(key))
      if (stray !== undefined) return yield* usageError(`--${flags[stray].shape.name} ${dependency.problem}`)
    }
  })
