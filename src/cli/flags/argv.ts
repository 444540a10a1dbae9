import * as Either from "effect/Either"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { type FlagShape, wrapped } from "./flag.ts"

/** The sub-commands with the flags of each. */
export type CommandShapes = Readonly<Record<string, ReadonlyArray<FlagShape>>>

const builtInFlag = (name: string, placeholder?: string, alias?: string): FlagShape => ({
  name,
  alias,
  synonyms: [],
  takesValue: placeholder !== undefined,
  placeholder: placeholder ?? "",
  repeats: false,
  isBuiltIn: true,
  help: "",
})

const builtIn: ReadonlyArray<FlagShape> = [builtInFlag("help", undefined, "h"), builtInFlag("version")]

const shells = ["sh", "bash", "fish", "zsh"]

// Without a sub-command, tcpfx accepts only these flags of `@effect/cli`. It refuses `--wizard`, which prompts for
// every flag, and `--log-level`, because tcpfx does not log.
const builtInAlone: ReadonlyArray<FlagShape> = [...builtIn, builtInFlag("completions", shells.join("|"))]

const noProgram = "tcpfx runs no program for a connection"
const noUdp = "tcpfx has no UDP"
const listens = "`tcpfx serve` listens without an option"
const accepts = "`tcpfx serve` accepts clients until it ends"
const verbose = "tcpfx always prints what happens to connections"

/** Options of netcat that tcpfx does not have, each with the reason or the replacement. */
const netcatOptions: Readonly<Record<string, string>> = {
  "-l": listens,
  "--listen": listens,
  "-k": accepts,
  "--keep-open": accepts,
  "-e": noProgram,
  "-c": noProgram,
  "--exec": noProgram,
  "--sh-exec": noProgram,
  "-u": noUdp,
  "--udp": noUdp,
  "-v": verbose,
  "--verbose": verbose,
  "-z": "tcpfx does not scan ports",
  "-N": "`tcpfx connect` sends FIN at the end of its input without an option",
}

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
  const [head, ...rest] = args
  if (head === undefined) return Either.right(["--help"])
  if (head === "help") return normalize([...rest, "--help"], commands)
  if (head.startsWith("-") && head !== "-") return reorder(head, args, builtInAlone, [])
  const flags = Object.hasOwn(commands, head) ? commands[head] : undefined
  if (flags === undefined) {
    return Either.left(
      usageError(
        `unknown command ${JSON.stringify(head)}${nearest(head, Object.keys(commands))}; expected ${Object.keys(commands).join(", ")} (tcpfx --help)`,
      ),
    )
  }
  return reorder(head, rest, [...flags, ...builtIn], [head])
}

const reorder = (
  command: string,
  args: ReadonlyArray<string>,
  flags: ReadonlyArray<FlagShape>,
  prefix: ReadonlyArray<string>,
): Either.Either<ReadonlyArray<string>, CommandFailed> => {
  const given = new Map<string, Array<string>>()
  const others: Array<string> = []
  let next = 0
  const help = prefix.length === 0 ? "tcpfx --help" : `tcpfx ${command} --help`

  const add = (flag: FlagShape, value: string | undefined): CommandFailed | undefined => {
    const long = `--${flag.name}`
    if (!flag.takesValue) {
      if (value !== undefined) return usageError(`${long} takes no value; remove ${JSON.stringify(value)}`)
      // The value is explicit because `@effect/cli` parses a following argument such as 0, 1 or yes as the value.
      given.set(flag.name, flag.isBuiltIn ? [long] : [long, "true"])
      return undefined
    }
    const taken = value ?? args[next++]
    if (taken === undefined) return usageError(`${long} needs a value (${help})`)
    // An unset variable in a script gives an empty value, which has no meaning for any flag.
    if (taken === "") return usageError(`${long}: the value is empty; give ${flag.placeholder}, or leave the flag out`)
    if (flag.name === "completions" && !shells.includes(taken)) {
      return usageError(`${long}: ${JSON.stringify(taken)} is not one of ${shells.join(", ")}`)
    }
    const passed = flag.isBuiltIn ? taken : wrapped(taken)
    const before = given.get(flag.name)
    // The last occurrence of a flag counts, unless the flag repeats.
    if (before === undefined || !flag.repeats) given.set(flag.name, [long, passed])
    else before.push(long, passed)
    return undefined
  }

  const long = (arg: string): CommandFailed | undefined => {
    const [name = "", ...joined] = arg.slice(2).split("=")
    const flag = flags.find((candidate) => candidate.name === name || candidate.synonyms.includes(name))
    if (flag === undefined) return unknown(`--${name}`)
    return add(flag, joined.length === 0 ? undefined : joined.join("="))
  }

  const short = (arg: string): CommandFailed | undefined => {
    const letters = [...arg].slice(1)
    for (const [at, letter] of letters.entries()) {
      const flag = flags.find((candidate) => candidate.alias === letter)
      if (flag === undefined) return unknown(`-${letter}`, letters.length > 1 ? arg : undefined)
      const rest = letters.slice(at + 1).join("")
      if (flag.takesValue) return add(flag, rest === "" ? undefined : rest.replace(/^=/, ""))
      const problem = add(flag, undefined)
      if (problem !== undefined) return problem
    }
    return undefined
  }

  const unknown = (flag: string, within?: string) => {
    const word = within ?? flag
    // A single letter resembles every short name, so a suggestion for it would be arbitrary.
    const near =
      word.length > 2
        ? nearest(
            word,
            flags.map(({ name }) => `--${name}`),
          )
        : ""
    const instead = Object.hasOwn(netcatOptions, flag) ? `: ${netcatOptions[flag]}` : ""
    // A word such as `-listen` is more likely a long name with a missing dash than several short options of netcat.
    const hint = within === undefined ? instead || near : near || instead
    return usageError(`unknown option ${flag}${within === undefined ? "" : ` in ${within}`}${hint} (${help})`)
  }

  for (let arg = args[next++]; arg !== undefined; arg = args[next++]) {
    if (arg === "--") {
      for (const other of args.slice(next)) others.push(other)
      // No endpoint begins with "-", and `@effect/cli` would parse it as a flag.
      const dashed = others.find((other) => other.startsWith("-") && other !== "-")
      if (dashed !== undefined) {
        return Either.left(usageError(`an argument cannot begin with "-": ${JSON.stringify(dashed)}`))
      }
      break
    }
    const problem = arg.startsWith("--") ? long(arg) : arg.startsWith("-") && arg !== "-" ? short(arg) : undefined
    if (problem !== undefined) return Either.left(problem)
    if (!arg.startsWith("-") || arg === "-") others.push(arg)
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

const nearest = (word: string, candidates: ReadonlyArray<string>): string => {
  const most = Math.max(2, word.length / 3)
  const ranked = candidates
    // The difference in length is a lower bound of the distance, and cheap.
    .filter((candidate) => Math.abs(candidate.length - word.length) <= most)
    .map((candidate) => ({ candidate, distance: distance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance)[0]
  return ranked !== undefined && ranked.distance <= most ? `, did you mean ${ranked.candidate}?` : ""
}

/** The Levenshtein distance: the number of insertions, deletions and replacements. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
