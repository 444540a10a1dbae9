import type { FlagShape } from "./flag.ts"

/** A part of a command line. */
export type Token =
  | {
      readonly _tag: "Flag"
      readonly flag: FlagShape
      /** The text that belongs to the flag, if any. A flag that takes no value may have a text that is an error. */
      readonly value: string | undefined
    }
  | {
      readonly _tag: "Unknown"
      readonly flag: string
      /** The word of several short options that contains the unknown option. */
      readonly within: string | undefined
    }
  | { readonly _tag: "Argument"; readonly text: string; readonly isBehindDashes: boolean }

/** Splits a command line into flags and arguments: `--flag value`, `--flag=value`, `-f value`, `-fVALUE`, `-abc`, `--`. */
export const tokensOf = (args: ReadonlyArray<string>, flags: ReadonlyArray<FlagShape>): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  let next = 0

  const add = (flag: FlagShape, joined: string | undefined): void => {
    tokens.push({ _tag: "Flag", flag, value: joined ?? (flag.takesValue ? args[next++] : undefined) })
  }

  const addLong = (arg: string): void => {
    const [name = "", ...joined] = arg.slice(2).split("=")
    const flag = flags.find((candidate) => candidate.name === name || candidate.synonyms.includes(name))
    if (flag === undefined) tokens.push({ _tag: "Unknown", flag: `--${name}`, within: undefined })
    else add(flag, joined.length === 0 ? undefined : joined.join("="))
  }

  const addShort = (arg: string): void => {
    const letters = [...arg].slice(1)
    for (const [at, letter] of letters.entries()) {
      const flag = flags.find((candidate) => candidate.alias === letter)
      if (flag === undefined) {
        tokens.push({ _tag: "Unknown", flag: `-${letter}`, within: letters.length > 1 ? arg : undefined })
        return
      }
      const rest = letters.slice(at + 1).join("")
      add(flag, flag.takesValue && rest !== "" ? rest.replace(/^=/, "") : undefined)
      if (flag.takesValue) return
    }
  }

  for (let arg = args[next++]; arg !== undefined; arg = args[next++]) {
    if (arg === "--") {
      for (const text of args.slice(next)) tokens.push({ _tag: "Argument", text, isBehindDashes: true })
      break
    }
    if (arg.startsWith("--")) addLong(arg)
    else if (arg.startsWith("-") && arg !== "-") addShort(arg)
    else tokens.push({ _tag: "Argument", text: arg, isBehindDashes: false })
  }
  return tokens
}
