import * as Either from "effect/Either"
import type { LineReader, Word } from "./LineReader.ts"
import type { Refusal } from "./Refusal.ts"

const units = new Map([
  ["ms", 1],
  ["s", 1000],
  ["", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
])

/** The longest delay or interval, milliseconds: one day. */
export const longestMillis = 86_400_000

/**
 * Reads a time as milliseconds: a number with `ms`, `s`, `m` or `h`. A number without a unit is in seconds. Returns
 * `undefined` if the text is not a time.
 */
export const readMillis = (text: string): number | undefined => {
  const [, number, unit = ""] = /^([0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)([a-z]*)$/.exec(text) ?? []
  const factor = units.get(unit)
  if (number === undefined || factor === undefined) return undefined
  const millis = Number(number) * factor
  // In floating point, 1.1 s is 1100.0000000000002 ms.
  return factor === 1 ? millis : Number(millis.toFixed(6))
}

/** Formats a time so that {@link readMillis} reads it back exactly. */
export const formatMillisExactly = (millis: number): string =>
  millis >= 1000 && millis % 1000 === 0 ? `${millis / 1000}s` : `${millis}ms`

/** Reads a time from `least` to {@link longestMillis}, or refuses it. */
export const millisOf = (
  reader: LineReader,
  word: Word,
  least: number,
  what: string,
): Either.Either<number, Refusal> => {
  const millis = readMillis(word.text)
  if (millis === undefined) {
    return reader.refuseAt(
      word.at,
      `${what} is not a duration`,
      "A duration is a number with ms, s, m or h, such as 500ms.",
    )
  }
  return millis >= least && millis <= longestMillis
    ? Either.right(millis)
    : reader.refuseAt(word.at, `${what} is out of range; expected ${least === 0 ? "0" : "1ms"} to 24h`)
}

/** Reads a number of repetitions, or refuses it. */
export const timesOf = (reader: LineReader, word: Word, what: string): Either.Either<number, Refusal> => {
  const times = /^[0-9]{1,15}$/.test(word.text) ? Number(word.text) : 0
  return times >= 1 ? Either.right(times) : reader.refuseAt(word.at, `${what} is not a whole number from 1 up`)
}
