import { expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { parseCommandWords } from "../../../src/cli/programs/commandWords.ts"

const words = (text: string) => Either.getOrThrow(parseCommandWords(text))
const problem = (text: string) => Either.getOrThrow(Either.flip(parseCommandWords(text))).message

it.each<readonly [string, ReadonlyArray<string>]>([
  ["/bin/cat", ["/bin/cat"]],
  ["  head  -n\t1 ", ["head", "-n", "1"]],
  ["'my program' -x", ["my program", "-x"]],
  ['grep "a \\"b\\" \\\\ c" file', ["grep", 'a "b" \\ c', "file"]],
  ["echo a\\ b", ["echo", "a b"]],
  ["printf '' x", ["printf", "", "x"]],
  ["a'b c'd", ["ab cd"]],
  ["echo $HOME | cat; *", ["echo", "$HOME", "|", "cat;", "*"]],
  ["echo 你好 '🙂 x'", ["echo", "你好", "🙂 x"]],
])("--exec %j has the words of a shell, and no other meaning of one", (text, expected) => {
  expect(words(text)).toEqual(expected)
})

it.each<readonly [string, RegExp]>([
  ["   ", /it names no program/],
  ["'' x", /it names no program/],
  ["cat 'x", /a quotation mark or a backslash at its end has no partner/],
  ["cat x\\", /has no partner/],
  ["a\0b", /a zero byte/],
])("--exec %j is refused", (text, expected) => {
  expect(problem(text)).toMatch(expected)
})

it.prop(
  "words in single quotes come back unchanged",
  [FastCheck.array(FastCheck.string(), { minLength: 1 })],
  ([given]) => {
    const clean = given.map((word) => word.replace(/['\0]/g, "-"))
    FastCheck.pre(clean[0] !== "")
    expect(words(clean.map((word) => `'${word}'`).join(" "))).toEqual(clean)
  },
)
