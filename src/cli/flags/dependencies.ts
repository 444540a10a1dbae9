import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Flag } from "./flag.ts"

/** Flags, by their keys among a command's options, that have an effect only where something else holds. */
export interface Dependency<Key extends string, Facts> {
  readonly flags: ReadonlyArray<Key>
  readonly isMet: (facts: Facts) => boolean
  /** What is said behind the flag's name: what it needs, or beside what it has no effect. */
  readonly problem: string
}

const isGiven = (option: unknown): boolean => {
  if (Array.isArray(option)) return option.length > 0
  return Option.isOption(option) ? Option.isSome(option) : option === true
}

/** Refuses the first flag that is given and has no effect, so that no user relies on a setting that is not in force. */
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
