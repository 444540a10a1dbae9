import * as Either from "effect/Either"
import { limits } from "../limits.ts"
import { nearest } from "../nearest.ts"
import { parseDuration } from "../quantities.ts"
import { ValueSyntaxError } from "../syntaxErrors.ts"
import { cobs } from "./cobs.ts"
import type { TotalFraming } from "./contract.ts"
import { delimited, longestDelimiter } from "./delimited.ts"
import { fixed } from "./fixed.ts"
import { gap, mostGapMillis } from "./gap.ts"
import { json } from "./json.ts"
import { type LengthField, lengthFields } from "./lengthFields.ts"
import { lengthPrefixed, mostAdjust, mostOffset } from "./lengthPrefixed.ts"
import { line } from "./line.ts"
import { netstring } from "./netstring.ts"
import { raw } from "./raw.ts"
import { slip } from "./slip.ts"

/** The framings that need no parameter, by their names. */
export const framings: Readonly<Record<string, TotalFraming>> = { raw, line, netstring, slip, cobs, json }

/** An error in the text of a framing: the problem, its offset, and the expected form. */
interface Wrong {
  readonly problem: string
  readonly at: number
  readonly expected: string
}

type Parsed = Either.Either<TotalFraming, Wrong>
const wrong = (problem: string, at: number, expected: string): Either.Either<never, Wrong> =>
  Either.left({ problem, at, expected })

/** A number in the text of a framing, with its offset and its limits. */
interface NumberText {
  readonly what: string
  readonly text: string
  readonly at: number
  readonly least: number
  readonly most: number
}

const numberIn = ({ at, least, most, text, what }: NumberText): Either.Either<number, Wrong> => {
  const value = /^[+-]?[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN
  return value >= least && value <= most
    ? Either.right(value)
    : wrong(
        text === "" ? `${what} is missing` : `${what} is ${JSON.stringify(text)}`,
        at,
        `a whole number from ${least} to ${most}`,
      )
}

const delimiterIn = (text: string, at: number): Parsed => {
  const expected = `1 to ${longestDelimiter} bytes as pairs of hex digits, such as delim:0d0a`
  if (text === "") return wrong("the bytes of the delimiter are missing", at, expected)
  const bad = text.search(/[^0-9a-fA-F]/)
  if (bad !== -1) return wrong(`${JSON.stringify(text[bad])} is not a hex digit`, at + bad, expected)
  if (text.length % 2 === 1) return wrong("the last byte has only one digit", at + text.length - 1, expected)
  if (text.length > 2 * longestDelimiter) return wrong(`it has ${text.length / 2} bytes`, at, expected)
  const pairs = text.match(/../g) ?? []
  return Either.right(delimited(Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16))))
}

const fixedIn = (text: string, at: number): Parsed =>
  Either.map(numberIn({ what: "the size of a frame", text, at, least: 1, most: limits.maxFrameMostBytes }), fixed)

const gapIn = (text: string, at: number): Parsed => {
  const expected = `a time from 1ms to ${mostGapMillis / 1000}s, such as gap:20ms`
  const parsed = parseDuration(text)
  if (Either.isLeft(parsed)) return wrong(`the time is ${JSON.stringify(text)}`, at, expected)
  try {
    return Either.right(gap(parsed.right))
  } catch {
    return wrong(`the time is ${JSON.stringify(text)}`, at, expected)
  }
}

const fieldNames = Object.keys(lengthFields)
const isField = (name: string): name is LengthField => fieldNames.includes(name)
const lengthForm = "len:FIELD[+OFFSET][,adjust:N][,strip:N], such as len:u16be or len:u8+2,adjust:2"

const lengthIn = (text: string, at: number): Parsed =>
  Either.gen(function* () {
    const [first = "", ...rest] = text.split(",")
    const [field = "", ...offsets] = first.split("+")
    if (!isField(field)) {
      const problem = field === "" ? "the length field is missing" : `${JSON.stringify(field)} is not a length field`
      return yield* wrong(problem + suggested(field, fieldNames), at, fieldNames.join(", "))
    }
    const offsetText = offsets.join("+")
    const offset =
      offsets.length === 0
        ? undefined
        : yield* numberIn({
            what: "the offset",
            text: offsetText,
            at: at + field.length + 1,
            least: 0,
            most: mostOffset,
          })
    const numbers: { adjust?: number; strip?: number } = {}
    let place = at + first.length + 1
    for (const part of rest) {
      const [name = "", ...values] = part.split(":")
      const valueAt = place + name.length + 1
      if (name !== "adjust" && name !== "strip") {
        const problem = `${JSON.stringify(name)} is not a parameter of len${suggested(name, ["adjust", "strip"])}`
        return yield* wrong(problem, place, lengthForm)
      }
      if (numbers[name] !== undefined) return yield* wrong(`${name} is given twice`, place, lengthForm)
      const [least, most] = name === "adjust" ? [-mostAdjust, mostAdjust] : [0, mostOffset]
      numbers[name] = yield* numberIn({ what: name, text: values.join(":"), at: valueAt, least, most })
      place += part.length + 1
    }
    return lengthPrefixed({ field, ...(offset === undefined ? {} : { offset }), ...numbers })
  })

const withParameters: Readonly<Record<string, (text: string, at: number) => Parsed>> = {
  delim: delimiterIn,
  len: lengthIn,
  fixed: fixedIn,
  gap: gapIn,
}

/** The forms of all framings. */
export const forms: ReadonlyArray<string> = [
  "raw",
  "line",
  "delim:HEX",
  "len:FIELD",
  "fixed:N",
  "gap:TIME",
  "netstring",
  "slip",
  "cobs",
  "json",
]

const suggested = (word: string, words: ReadonlyArray<string>): string => {
  const near = nearest(word, words)
  return near === undefined ? "" : ` (did you mean ${near}?)`
}

const framingIn = (input: string): Parsed => {
  const colon = input.indexOf(":")
  const name = colon === -1 ? input : input.slice(0, colon)
  const make = Object.hasOwn(withParameters, name) ? withParameters[name] : undefined
  if (make !== undefined) return make(colon === -1 ? "" : input.slice(colon + 1), name.length + 1)
  const framing = Object.hasOwn(framings, name) ? framings[name] : undefined
  if (framing === undefined) {
    const names = [...Object.keys(framings), ...Object.keys(withParameters)]
    return wrong(`the name is unknown${suggested(name, names)}`, 0, forms.join(", "))
  }
  return colon === -1 ? Either.right(framing) : wrong(`${name} has no parameters`, colon, name)
}

/**
 * Parses the text of a framing. The `name` of a framing of this module is such a text.
 *
 * | form | a frame is |
 * |---|---|
 * | `raw` | the bytes of one read |
 * | `line` | a line that ends with LF |
 * | `delim:HEX` | the bytes up to this delimiter ({@link delimited}) |
 * | `len:FIELD[+OFFSET][,adjust:N][,strip:N]` | a length field and the bytes that it counts ({@link lengthPrefixed}) |
 * | `fixed:N` | N bytes ({@link fixed}) |
 * | `gap:TIME` | the bytes up to a pause of the peer ({@link gap}) |
 * | `netstring`, `slip`, `cobs`, `json` | one of {@link netstring}, {@link slip}, {@link cobs}, {@link json} |
 *
 * @example
 * import { Either } from "effect"
 * import { Framing } from "tcpfx/domain"
 *
 * assert.deepEqual(Framing.parse("line"), Either.right(Framing.line))
 * assert.equal(Either.getOrThrow(Framing.parse("len:u16be,adjust:-2")).name, "len:u16be,adjust:-2")
 */
export const parse = (input: string): Either.Either<TotalFraming, ValueSyntaxError> =>
  Either.mapLeft(framingIn(input), ({ at, expected, problem }) => {
    const place = at === 0 ? "" : `, at character ${Math.min(at, input.length) + 1}`
    return new ValueSyntaxError({ input, kind: "a framing", problem: `${problem}${place}`, expected })
  })
