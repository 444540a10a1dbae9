import { type FlagShape, unwrapped, wrapped } from "../flags/flag.ts"
import { type Default, endpointKey } from "./Default.ts"
import type { SetFlag } from "./precedence.ts"

// The words of a command line after `normalize`: the command, the flags, each with its wrapped value, and the wrapped
// arguments.

/** A flag of a command line with its value. */
export interface GivenFlag extends SetFlag {
  readonly value: string
}

/** The flags and arguments of a normalized command line. */
export const givenIn = (words: ReadonlyArray<string>, flags: ReadonlyArray<FlagShape>): ReadonlyArray<GivenFlag> => {
  const takesValue = (name: string) => flags.some((flag) => flag.name === name && flag.takesValue)
  const given: Array<GivenFlag> = []
  for (let at = 1; at < words.length; at++) {
    const word = words[at] ?? ""
    if (!word.startsWith("--")) {
      given.push({ name: endpointKey, isOff: false, value: unwrapped(word) })
      continue
    }
    const name = word.slice(2)
    const value = words[++at] ?? ""
    if (takesValue(name)) given.push({ name, isOff: false, value: unwrapped(value) })
    else given.push({ name, isOff: value === "false", value: value === "false" ? "no" : "yes" })
  }
  return given
}

/** Adds defaults to a normalized command line. */
export const withDefaults = (
  words: ReadonlyArray<string>,
  defaults: ReadonlyArray<Default>,
  flags: ReadonlyArray<FlagShape>,
): ReadonlyArray<string> => {
  const [command = "", ...rest] = words
  const added = defaults.flatMap(({ name, values }) => {
    if (name === endpointKey) return []
    const isToggle = flags.some((flag) => flag.name === name && !flag.takesValue)
    return isToggle
      ? values.flatMap((value) => (value === "no" ? [] : [`--${name}`, "true"]))
      : values.flatMap((value) => [`--${name}`, wrapped(value)])
  })
  const endpoints = defaults.flatMap(({ name, values }) => (name === endpointKey ? values.map(wrapped) : []))
  return [command, ...added, ...rest, ...endpoints]
}
