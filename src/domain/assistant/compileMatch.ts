import * as Either from "effect/Either"
import type { Refusal } from "./Refusal.ts"
import type { Match } from "./Rule.ts"
import { characterNumber, refuse } from "./refuse.ts"
import { shownHex } from "./shownHex.ts"

/** Tests a frame. Returns the captures, with the whole match first, or `undefined` if the frame does not match. */
export type FrameMatcher = (frame: Uint8Array, text: () => string) => ReadonlyArray<string> | undefined

const ofText = (wanted: string, holds: (text: string) => boolean): FrameMatcher => {
  const captures = [wanted]
  return (_, text) => (holds(text()) ? captures : undefined)
}

/**
 * Compiles a match. The matcher calls `text` only if the match needs the frame as text. A match in hex captures the
 * matched bytes as hex pairs.
 *
 * A regular expression runs on JavaScript's engine, which needs hours for some texts. So the expression must be
 * trusted. The assistant does not use this function for the expressions of its rules: it compiles them with an engine
 * whose time is proportional to the length of the text.
 */
export const compileMatch = (match: Match): Either.Either<FrameMatcher, Refusal> => {
  switch (match._tag) {
    case "Contains":
      return match.text === "" ? empty() : Either.right(ofText(match.text, (text) => text.includes(match.text)))
    case "Starts":
      return match.text === "" ? empty() : Either.right(ofText(match.text, (text) => text.startsWith(match.text)))
    case "Equals":
      return Either.right(ofText(match.text, (text) => text === match.text))
    case "Regex":
      return Either.map(
        compileRegex(match.source, match.ignoreCase === true),
        (regex): FrameMatcher =>
          (_, text) => {
            const found = regex.exec(text())
            return found === null ? undefined : Array.from(found, (capture) => capture ?? "")
          },
      )
    case "Hex":
      return Either.map(
        compileHex(match.pattern),
        (matches): FrameMatcher =>
          (frame) => {
            const length = matches(frame)
            return length === undefined ? undefined : [shownHex(frame, length).hex]
          },
      )
  }
}

const empty = () =>
  refuse("value", "the text to look for is empty", { field: "match", advice: "Use equals to match an empty frame." })

/** Compiles a regular expression, or refuses it. */
const compileRegex = (source: string, ignoreCase: boolean): Either.Either<RegExp, Refusal> => {
  const flags = ignoreCase ? "i" : ""
  try {
    return Either.right(new RegExp(source, `${flags}u`))
  } catch {
    // With the flag `u`, a dot matches a whole character. The flag makes a needless escape such as `\-` an error, so
    // such an expression is compiled without the flag.
    try {
      return Either.right(new RegExp(source, flags))
    } catch (error) {
      const problem =
        error instanceof Error ? error.message.replace(/^Invalid regular expression: .*: /s, "") : `${error}`
      return refuse("value", `${JSON.stringify(source)} is not a regular expression: ${problem}`, { field: "match" })
    }
  }
}

/** Compiles a hex pattern to a function that returns the number of matched bytes, or `undefined` without a match. */
const compileHex = (pattern: string): Either.Either<(frame: Uint8Array) => number | undefined, Refusal> => {
  const bad = (at: number, problem: string) =>
    refuse("value", `${problem}, at character ${characterNumber(pattern, at)}`, {
      at,
      field: "match",
      advice: "A pattern has hex digits, ? for any digit, and * at the end for any rest: 78 78 ?? 01 *.",
    })
  const values: Array<number> = []
  const masks: Array<number> = []
  let open = false
  let at = 0
  while (at < pattern.length) {
    const rest = pattern.slice(at)
    const gap = /^[\s,;:_-]+/.exec(rest)?.[0]
    if (gap !== undefined) {
      at += gap.length
      continue
    }
    if (open) return bad(at, "the * is not at the end of the pattern")
    if (rest.startsWith("*")) {
      open = true
      at++
      continue
    }
    const written = /^(?:0[xX]|\\x)?([0-9a-fA-F?]{2})/.exec(rest)
    const pair = written?.[1]
    if (written === null || pair === undefined) {
      const isHalf = /^[0-9a-fA-F?]/.test(rest)
      return bad(at, isHalf ? "a digit is missing" : `${JSON.stringify(rest[0])} is not a hex digit`)
    }
    values.push(Number.parseInt(pair.replaceAll("?", "0"), 16))
    masks.push(Number.parseInt([...pair].map((digit) => (digit === "?" ? "0" : "f")).join(""), 16))
    at += written[0].length
  }
  if (values.length === 0 && !open) return bad(0, "the pattern is empty")
  return Either.right((frame) => {
    if (open ? frame.length < values.length : frame.length !== values.length) return undefined
    const matches = values.every((value, index) => ((frame[index] as number) & (masks[index] as number)) === value)
    return matches ? values.length : undefined
  })
}
