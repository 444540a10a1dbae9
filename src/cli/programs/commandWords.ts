import * as Either from "effect/Either"
import { ValueSyntaxError } from "../../domain/index.ts"

const failed = (input: string, problem: string) =>
  Either.left(
    new ValueSyntaxError({
      input,
      kind: "a program with its arguments",
      problem,
      expected: "words with blanks between them, such as /bin/cat -n (-c runs a line of the shell)",
    }),
  )

// A blank, a text in single quotes, a text in double quotes, a character after a backslash, or any other character.
const part = /(\s+)|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\])/gy

/**
 * Splits the text of `--exec` into a program and its arguments. Single quotes, double quotes and backslashes keep
 * blanks in a word, as in a shell. No other syntax of a shell is interpreted.
 */
export const parseCommandWords = (input: string): Either.Either<ReadonlyArray<string>, ValueSyntaxError> => {
  if (input.includes("\0")) return failed(input, "it contains a zero byte")
  const words: Array<string> = []
  let word: string | undefined
  let end = 0
  for (const match of input.matchAll(part)) {
    const [whole, blank, single, double, escaped, plain] = match
    end = match.index + whole.length
    if (blank === undefined) {
      word = (word ?? "") + (single ?? double?.replace(/\\(["\\])/g, "$1") ?? escaped ?? plain ?? "")
    } else if (word !== undefined) {
      words.push(word)
      word = undefined
    }
  }
  if (end < input.length) return failed(input, "a quotation mark or a backslash at its end has no partner")
  if (word !== undefined) words.push(word)
  return words[0] === undefined || words[0] === "" ? failed(input, "it names no program") : Either.right(words)
}
