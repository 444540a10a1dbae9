import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import { limits } from "./limits.ts"
import { ValueSyntaxError } from "./syntaxErrors.ts"

const timeUnits = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
])
const sizeUnits = new Map([
  ["", 1],
  ["b", 1],
  ["k", 1024],
  ["kib", 1024],
  ["m", 1024 ** 2],
  ["mib", 1024 ** 2],
  ["g", 1024 ** 3],
  ["gib", 1024 ** 3],
  ["kb", 1000],
  ["mb", 1000 ** 2],
  ["gb", 1000 ** 3],
])

const split = (input: string): readonly [number: number, unit: string] | undefined => {
  const match = /^([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]*)$/.exec(input.trim())
  return match?.[1] === undefined ? undefined : [Number(match[1]), match[2] ?? ""]
}

/**
 * Reads a duration: a number with `ms`, `s`, `m` or `h`. A bare number is in seconds, as in ncat.
 *
 * @example
 * import { Duration, Either } from "effect"
 * import { parseDuration } from "tcpfx/domain"
 *
 * assert.deepEqual(parseDuration("1.5"), Either.right(Duration.millis(1500)))
 * assert.deepEqual(parseDuration("2m"), Either.right(Duration.minutes(2)))
 */
export const parseDuration = (input: string): Either.Either<Duration.Duration, ValueSyntaxError> => {
  const expected = "a number with ms, s, m or h (a bare number is seconds), such as 5s"
  const fail = (problem: string) => Either.left(new ValueSyntaxError({ input, kind: "a duration", problem, expected }))
  const parts = split(input)
  if (parts === undefined) return fail("it is not a number with a unit")
  const factor = timeUnits.get(parts[1] === "" ? "s" : parts[1])
  if (factor === undefined) return fail(`the unit ${JSON.stringify(parts[1])} is unknown`)
  const millis = parts[0] * factor
  // Above 2^31-1 ms, setTimeout fires at once, so a very long duration would have no effect.
  return millis <= 0x7fffffff ? Either.right(Duration.millis(millis)) : fail("it is above 24 days")
}

/**
 * Reads a deadline: a duration as for {@link parseDuration}, at least 1 ms.
 *
 * @example
 * import { Either } from "effect"
 * import { parseDeadline } from "tcpfx/domain"
 *
 * assert.equal(Either.isLeft(parseDeadline("0")), true)
 */
export const parseDeadline = (input: string): Either.Either<Duration.Duration, ValueSyntaxError> =>
  Either.filterOrLeft(
    parseDuration(input),
    (duration) => Duration.toMillis(duration) >= 1,
    () =>
      new ValueSyntaxError({
        input,
        kind: "a deadline",
        problem: "it is less than 1 ms",
        expected: "a time such as 5s",
      }),
  )

/**
 * Reads a count: a whole number from 1 up.
 *
 * @example
 * import { Either } from "effect"
 * import { parseCount } from "tcpfx/domain"
 *
 * assert.deepEqual(parseCount("100"), Either.right(100))
 */
export const parseCount = (input: string): Either.Either<number, ValueSyntaxError> => {
  const count = /^[0-9]+$/.test(input) ? Number(input) : 0
  return count >= 1 && Number.isSafeInteger(count)
    ? Either.right(count)
    : Either.left(
        new ValueSyntaxError({ input, kind: "a count", problem: problemOfCount(input), expected: "1 or more" }),
      )
}

/**
 * Reads the backlog of a listener: a count as for {@link parseCount}, at most 65535.
 *
 * @example
 * import { Either } from "effect"
 * import { parseBacklog } from "tcpfx/domain"
 *
 * assert.equal(Either.isLeft(parseBacklog("70000")), true)
 */
export const parseBacklog = (input: string): Either.Either<number, ValueSyntaxError> => {
  const most = 65_535
  return Either.filterOrLeft(
    parseCount(input),
    (count) => count <= most,
    () => new ValueSyntaxError({ input, kind: "a count", problem: "it is out of range", expected: `1 to ${most}` }),
  )
}

const problemOfCount = (input: string): string =>
  /^[0-9]+$/.test(input) ? "it is out of range" : "it is not a whole number"

/**
 * Reads a size in bytes, at least 1: a bare number, or a number with `KiB`, `MiB`, `GiB`, `k`, `m`, `g` (powers of
 * 1024) or `kB`, `MB`, `GB` (powers of 1000).
 *
 * @example
 * import { Either } from "effect"
 * import { parseSize } from "tcpfx/domain"
 *
 * assert.deepEqual(parseSize("1 MiB"), Either.right(1_048_576))
 */
export const parseSize = (input: string): Either.Either<number, ValueSyntaxError> => {
  const expected = "bytes, or a number with KiB, MiB or GiB, such as 1MiB"
  const fail = (problem: string) => Either.left(new ValueSyntaxError({ input, kind: "a size", problem, expected }))
  const parts = split(input)
  if (parts === undefined) return fail("it is not a number with a unit")
  const factor = sizeUnits.get(parts[1].toLowerCase())
  if (factor === undefined) return fail(`the unit ${JSON.stringify(parts[1])} is unknown`)
  const bytes = Math.round(parts[0] * factor)
  if (bytes < 1) return fail("it is less than one byte")
  return Number.isSafeInteger(bytes) ? Either.right(bytes) : fail("it is too large")
}

/**
 * Reads the frame limit of the command: a size of at most 64 MiB (`limits.maxFrameMostBytes`).
 *
 * @example
 * import { Either } from "effect"
 * import { parseMaxFrame } from "tcpfx/domain"
 *
 * assert.deepEqual(parseMaxFrame("64MiB"), Either.right(67_108_864))
 */
export const parseMaxFrame = (input: string): Either.Either<number, ValueSyntaxError> =>
  Either.filterOrLeft(
    parseSize(input),
    (bytes) => bytes <= limits.maxFrameMostBytes,
    () => {
      const most = formatBytes(limits.maxFrameMostBytes)
      const problem = `no output can show a frame above ${most}`
      return new ValueSyntaxError({ input, kind: "a frame's size", problem, expected: `at most ${most}` })
    },
  )

/**
 * Formats a number of bytes in the units of {@link parseSize}, rounded for display.
 *
 * @example
 * import { formatBytes } from "tcpfx/domain"
 *
 * assert.equal(formatBytes(512), "512 B")
 * assert.equal(formatBytes(1536), "1.5 KiB")
 */
export const formatBytes = (bytes: number): string => {
  if (bytes < 1024) return `${bytes} B`
  // From this number of bytes up, the rounded number of KiB would be 1024.
  const mebibytes = 1023.5 * 1024
  const unit = bytes < mebibytes ? "KiB" : bytes < mebibytes * 1024 ? "MiB" : "GiB"
  const value = bytes / (unit === "KiB" ? 1024 : unit === "MiB" ? 1024 ** 2 : 1024 ** 3)
  return `${value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${unit}`
}

/**
 * Formats a duration in milliseconds, rounded for display.
 *
 * @example
 * import { formatMillis } from "tcpfx/domain"
 *
 * assert.equal(formatMillis(250), "250 ms")
 * assert.equal(formatMillis(90_000), "1 m 30 s")
 */
export const formatMillis = (millis: number): string => {
  if (millis < 999.5) return `${Math.round(millis)} ms`
  if (millis < 59_950) return `${Number((millis / 1000).toFixed(1))} s`
  const seconds = Math.round(millis / 1000)
  const parts = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60]
  return parts.flatMap((part, index) => (part === 0 ? [] : [`${part} ${"hms"[index]}`])).join(" ")
}

const yesAndNo = new Map([
  ["yes", true],
  ["true", true],
  ["on", true],
  ["1", true],
  ["no", false],
  ["false", false],
  ["off", false],
  ["0", false],
])

/** Reads the boolean value of an environment variable: `yes`, `true`, `on` or 1; `no`, `false`, `off` or 0. */
export const parseYesNo = (input: string): Either.Either<boolean, ValueSyntaxError> => {
  const found = yesAndNo.get(input.toLowerCase())
  const expected = [...yesAndNo.keys()].join(", ")
  return found === undefined
    ? Either.left(new ValueSyntaxError({ input, kind: "a yes or no", problem: "the word is unknown", expected }))
    : Either.right(found)
}
