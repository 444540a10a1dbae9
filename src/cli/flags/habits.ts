import * as Either from "effect/Either"
import { nearest } from "../../domain/nearest.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { FlagShape } from "./flag.ts"
import { tokensOf } from "./tokens.ts"

/** The sub-commands with the flags of each. */
export type CommandShapes = Readonly<Record<string, ReadonlyArray<FlagShape>>>

/**
 * Adds the missing command to a command line in netcat's style: `-lk 9000` means `serve -lk 9000`, and `host 9000`
 * means `connect host 9000`. Other command lines stay unchanged. `alone` contains the flags that need no command.
 *
 * `bin/tcpfx.cjs` chooses a bundle by a rule that is simpler than this one. It must choose a bundle with the server for
 * every command line that gets the command `serve` here.
 */
export const translateHabits = (
  args: ReadonlyArray<string>,
  commands: CommandShapes,
  alone: ReadonlyArray<FlagShape>,
): Either.Either<ReadonlyArray<string>, CommandFailed> => {
  const [head = ""] = args
  if (Object.hasOwn(commands, head) || isOneOf(alone, head)) return Either.right(args)
  const tokens = tokensOf(args, [...(commands["serve"] ?? []), ...(commands["connect"] ?? []), ...alone])
  const given = (name: string) => {
    const found = tokens.find((token) => token._tag === "Flag" && token.flag.name === name)
    return found?._tag === "Flag" ? (found.value ?? "") : undefined
  }
  const words = tokens.flatMap((token) => (token._tag === "Argument" ? [token.text] : []))
  const [first, second] = words
  const misplaced = words.find((word) => Object.hasOwn(commands, word))
  if (misplaced !== undefined && misplaced === first) {
    return Either.left(usageError(`the command must be the first word: tcpfx ${misplaced} ${head} …`))
  }
  if (given("listen") !== undefined) return Either.right(["serve", ...args])
  if (given("check") !== undefined || given("unixsock") !== undefined) return Either.right(["connect", ...args])
  const port = given("port")
  const lonePort = first === undefined ? port : port === undefined && second === undefined ? first : undefined
  if (lonePort !== undefined && isNumber(lonePort)) {
    return Either.left(
      usageError(
        `the port ${lonePort} alone could mean tcpfx serve ${lonePort} or tcpfx connect ${lonePort}; write one`,
      ),
    )
  }
  if (first === undefined) return Either.right(args)
  const isHostAndPort = port !== undefined || (second !== undefined && isNumber(second))
  // Many hosts have a name that is nearly a command of three letters.
  const longNames = Object.keys(commands).filter((name) => name.length > 3)
  const isMistyped = nearest(first, longNames) !== undefined
  if (isAddress(first) || (isHostAndPort && !isMistyped)) return Either.right(["connect", ...args])
  return Either.left(unknownCommand(first, commands))
}

/** The error for a word that is not a command. Without a port, the word does not count as a host either. */
export const unknownCommand = (word: string, commands: CommandShapes): CommandFailed => {
  const near = nearest(word, Object.keys(commands))
  const suggestion = near === undefined ? "" : `, did you mean ${near}?`
  const expected = `expected ${Object.keys(commands).join(", ")} (tcpfx --help), or a host and a port`
  const asHost = near === undefined ? "" : `; for a host with this name, write tcpfx connect ${word} PORT`
  return usageError(`unknown command ${JSON.stringify(word)}${suggestion}; ${expected}${asHost}`)
}

const isOneOf = (flags: ReadonlyArray<FlagShape>, word: string): boolean =>
  flags.some(({ alias, name }) => word.replace(/=.*$/s, "") === `--${name}` || word === `-${alias}`)

const isNumber = (text: string): boolean => /^[0-9]+$/.test(text)

/** Whether a text can only be an address: no command contains a dot or a colon. */
const isAddress = (text: string): boolean => /[.:]/.test(text)
