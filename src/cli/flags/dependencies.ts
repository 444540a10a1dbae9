import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Flag } from "./flag.ts"

/** Flags that have an effect only under a condition. */
export interface Dependency<Key extends string, Facts> {
  /** The keys of the flags in the record of the command's flags. */
  readonly flags: ReadonlyArray<Key>
  readonly isMet: (facts: Facts) => boolean
  /** The error message after the name of the flag: what the flag needs, or which other flag cancels its effect. */
  readonly problem: string
}

const isGiven = (option: unknown): boolean => {
  if (Array.isArray(option)) return option.length > 0
  return Option.isOption(option) ? Option.isSome(option) : option === true
}

/** Refuses the first given flag without effect, so that no user relies on a setting that does nothing. */
export const checkDependencies = <Key extends string, Facts>(
  dependencies: ReadonlyArray<Dependency<Key, Facts>>,
  flags: Readonly<Record<Key, Flag<unknown>>>,
  options: Readonly<Record<Key, unknown>>,
  facts: Facts,
): Either.Either<void, CommandFailed> => {
  for (const dependency of dependencies) {
    if (dependency.isMet(facts)) continue
    const stray = dependency.flags.find((key) => isGiven(options[key]))
    if (stray !== undefined) return Either.left(usageError(`--${flags[stray].shape.name} ${dependency.problem}`))
  }
  return Either.right(undefined)
}
