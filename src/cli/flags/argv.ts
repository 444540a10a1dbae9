import * as Either from "effect/Either"
import { nearest } from "../../domain/nearest.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { type FlagShape, wrapped } from "./flag.ts"
import { type CommandShapes, translateHabits, unknownCommand } from "./habits.ts"
import { netcatReason } from "./netcatOptions.ts"
import { tokensOf } from "./tokens.ts"

const builtInFlag = (name: string, placeholder?: string, alias?: string): FlagShape => ({
  name,
  alias,
  synonyms: [],
  takesValue: placeholder !== undefined,
  placeholder: placeholder ?? "",
  repeats: false,
  isBuiltIn: true,
  help: "",
  problemOf: () => undefined,
})

const builtIn: ReadonlyArray<FlagShape> = [builtInFlag("help", undefined, "h"), builtInFlag("version")]

const shells = ["sh", "bash", "fish", "zsh"]

// Without a sub-command, tcpfx accepts only these flags of `@effect/cli`. It refuses `--wizard`, which prompts for every
// flag, and `--log-level`, which belongs to a command.
const builtInAlone: ReadonlyArray<FlagShape> = [...builtIn, builtInFlag("completions", shells.join("|"))]

/**
 * Rewrites a command line into the form that `@effect/cli` parses correctly: first the flags, with long names, then the
 * arguments. Values and arguments are {@link wrapped}. The function accepts `--flag=value`, `-pVALUE`, `-abc`, `--`,
 * and flags after arguments. It refuses empty values and unknown flags, and suggests the nearest known flag.
 *
 * `@effect/cli` 0.77 alone parses an unknown flag or a `--flag=value` after an argument as an argument, and drops an
 * empty value of a repeated flag.
 */
export const normalize = (
  args: ReadonlyArray<string>,
  commands: CommandShapes,
): Either.Either<ReadonlyArray<string>, CommandFailed> => {
  const [head] = args
  if (head === undefined) return Either.right(["--help"])
  if (head === "help") return normalizeCommand([...args.slice(1), "--help"], commands)
  return Either.flatMap(translateHabits(args, commands, builtInAlone), (translated) =>
    normalizeCommand(translated, commands),
  )
}

const normalizeCommand = (
  args: ReadonlyArray<string>,
  commands: CommandShapes,
): Either.Either<ReadonlyArray<string>, CommandFailed> => {
  const [head = "", ...rest] = args
  if (head.startsWith("-") && head !== "-") return reorder(head, args, builtInAlone, [])
  const flags = Object.hasOwn(commands, head) ? commands[head] : undefined
  if (flags === undefined) return Either.left(unknownCommand(head, commands))
  const known = [...flags, ...builtIn]
  if (head !== "ctl") return reorder(head, rest, known, [head])
  const end = flagsEnd(rest, known)
  const behind = rest.slice(rest[end] === "--" ? end + 1 : end)
  return Either.map(reorder(head, rest.slice(0, end), known, [head]), (words) => [...words, ...behind.map(wrapped)])
}

/**
 * The index of the first argument after the flags. The arguments of `tcpfx ctl` are a command for a server, which may
 * have words such as `-x` and `--`, so no flag follows the first of them.
 */
const flagsEnd = (args: ReadonlyArray<string>, flags: ReadonlyArray<FlagShape>): number => {
  let at = 0
  for (let word = args[at]; word?.startsWith("-") === true && word !== "-" && word !== "--"; word = args[at]) {
    const [token] = tokensOf([word], flags)
    const takesNext = token?._tag === "Flag" && token.flag.takesValue && token.value === undefined
    at += takesNext ? 2 : 1
  }
  return Math.min(at, args.length)
}

const didYouMean = (word: string, words: ReadonlyArray<string>): string => {
  const near = nearest(word, words)
  return near === undefined ? "" : `, did you mean ${near}?`
}

const reorder = (
  command: string,
  args: ReadonlyArray<string>,
  flags: ReadonlyArray<FlagShape>,
  prefix: ReadonlyArray<string>,
): Either.Either<ReadonlyArray<string>, CommandFailed> => {
  const given = new Map<string, Array<string>>()
  const others: Array<string> = []
  const help = prefix.length === 0 ? "tcpfx --help" : `tcpfx ${command} --help`

  const add = (flag: FlagShape, value: string | undefined): CommandFailed | undefined => {
    const long = `--${flag.name}`
    if (!flag.takesValue) {
      // `--flag=no` turns off a flag that a file of defaults turns on.
      const isOff = value === "no" && !flag.isBuiltIn
      if (value !== undefined && !isOff) return usageError(`${long} takes no value; remove ${JSON.stringify(value)}`)
      // The value is explicit because `@effect/cli` parses a following argument such as 0, 1 or yes as the value.
      given.set(flag.name, flag.isBuiltIn ? [long] : [long, isOff ? "false" : "true"])
      return undefined
    }
    if (value === undefined) return usageError(`${long} needs a value (${help})`)
    // An unset variable in a script gives an empty value, which has no meaning for any flag.
    if (value === "") return usageError(`${long}: the value is empty; give ${flag.placeholder}, or leave the flag out`)
    if (flag.name === "completions" && !shells.includes(value)) {
      return usageError(`${long}: ${JSON.stringify(value)} is not one of ${shells.join(", ")}`)
    }
    const passed = flag.isBuiltIn ? value : wrapped(value)
    const before = given.get(flag.name)
    // The last occurrence of a flag counts, unless the flag repeats.
    if (before === undefined || !flag.repeats) given.set(flag.name, [long, passed])
    else before.push(long, passed)
    return undefined
  }

  const unknown = (flag: string, within: string | undefined) => {
    const word = within ?? flag
    const longNames = flags.map(({ name }) => `--${name}`)
    // A single letter resembles every short name, so a suggestion for it would be arbitrary.
    const near = word.length > 2 ? didYouMean(word, longNames) : ""
    const reason = netcatReason(command, flag)
    const instead = reason === undefined ? "" : `: ${reason}`
    // A word such as `-listen` is more likely a long name with a missing dash than several short options of netcat.
    const hint = within === undefined ? instead || near : near || instead
    return usageError(`unknown option ${flag}${within === undefined ? "" : ` in ${within}`}${hint} (${help})`)
  }

  for (const token of tokensOf(args, flags)) {
    if (token._tag === "Unknown") return Either.left(unknown(token.flag, token.within))
    if (token._tag === "Flag") {
      const problem = add(token.flag, token.value)
      if (problem !== undefined) return Either.left(problem)
      continue
    }
    // No endpoint begins with "-", and `@effect/cli` would parse it as a flag.
    if (token.isBehindDashes && token.text.startsWith("-") && token.text !== "-") {
      return Either.left(usageError(`an argument cannot begin with "-": ${JSON.stringify(token.text)}`))
    }
    others.push(token.text)
  }
  if (given.has("help")) return Either.right([...prefix, "--help"])
  if (prefix.length === 0 && others.length > 0) {
    return Either.left(usageError(`${JSON.stringify(others[0])} must follow a command, not an option (${help})`))
  }
  if (others.includes("")) {
    return Either.left(
      usageError(`argument ${others.indexOf("") + 1} is empty; give a value, or leave it out (${help})`),
    )
  }
  return Either.right([...prefix, ...[...given.values()].flat(), ...others.map(wrapped)])
}
