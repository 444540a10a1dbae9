import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Assistant from "../../domain/assistant/index.ts"
import { parseYesNo } from "../../domain/index.ts"
import { encodingName, encodingNames } from "../encodings.ts"

/**
 * The project file as a person writes it. Every scalar is a string. YAML's type guessing is off, so `hex: 0103` is not
 * a number and `text: no` is not a boolean.
 */

/** A string with a check. The check returns the problem, or `undefined` if there is none. */
const checked = (problem: (text: string) => string | undefined) =>
  Schema.String.annotations({ message: () => "a text is expected here" }).pipe(
    Schema.filter((text) => problem(text) ?? true),
  )

const text = checked(() => undefined)
const name = checked((written) => (written === "" ? "the name is empty" : undefined))

const refusedBy =
  (read: (written: string) => Either.Either<unknown, Assistant.Refusal>) =>
  (written: string): string | undefined =>
    Either.match(read(written), { onLeft: ({ message }) => message, onRight: () => undefined })

const recipients = checked(refusedBy(Assistant.parseRecipients))

const timeWithin = (least: number) =>
  checked((written) => {
    const millis = Assistant.readMillis(written)
    if (millis === undefined)
      return `${JSON.stringify(written)} is not a duration; expected a number with ms, s, m or h`
    return millis >= least && millis <= Assistant.longestMillis
      ? undefined
      : `${JSON.stringify(written)} is out of range; expected ${least === 0 ? "0" : "1ms"} to 24h`
  })

const times = checked((written) =>
  /^[1-9][0-9]{0,14}$/.test(written) ? undefined : `${JSON.stringify(written)} is not a whole number from 1 up`,
)

const offset = checked((written) =>
  /^-?[0-9]{1,15}$/.test(written) ? undefined : `${JSON.stringify(written)} is not an offset in bytes`,
)

const yesNo = checked((written) =>
  Either.isRight(parseYesNo(written)) ? undefined : `${JSON.stringify(written)} is neither yes nor no`,
)

const oneOf = (words: ReadonlyArray<string>) =>
  checked((written) =>
    words.includes(written) ? undefined : `${JSON.stringify(written)} is unknown; expected ${words.join(", ")}`,
  )

const encoding = checked((written) =>
  encodingName(written) === undefined
    ? `${JSON.stringify(written)} is not an encoding${Assistant.suggestion(written, encodingNames)}`
    : undefined,
)

/** A map. `what` names the expected value in the message for a value that is not a map. */
const mapOf = <Fields extends Schema.Struct.Fields>(what: string, fields: Fields) =>
  Schema.Struct(fields).annotations({
    message: () => `${what} is expected here, with ${Object.keys(fields).join(", ")}`,
  })

const listOf = <A, I>(item: Schema.Schema<A, I>) =>
  Schema.Array(item).annotations({ message: () => "a list is expected here" })

const given = (fields: object): ReadonlyArray<string> =>
  Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [key]))

/** Returns the problem of a map that must have exactly one of `keys`, or `undefined` if it has exactly one. */
const exactlyOne = (fields: object, keys: ReadonlyArray<string>): string | undefined => {
  const found = given(fields).filter((key) => keys.includes(key))
  if (found.length === 1) return undefined
  return found.length === 0 ? `one of ${keys.join(", ")} is missing` : `${found.join(" and ")} exclude each other`
}

export const payloadForms = ["text", "hex", "base64", "file"] as const
export const matchKinds = ["contains", "equals", "starts", "regex", "hex"] as const
export const actionKinds = ["reply", "close", "reset", "rename", "tag"] as const

/**
 * An optional key. Without `exact`, the type would include `undefined`, and the schema would report each wrong value a
 * second time.
 */
const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

export const FileChecksum = mapOf("a checksum", {
  kind: checked(refusedBy(Assistant.findChecksum)),
  order: optional(oneOf(["big", "little"])),
  from: optional(offset),
  to: optional(offset),
  at: optional(offset),
})
export type FileChecksum = typeof FileChecksum.Type

export const FilePayload = mapOf("a payload", {
  text: optional(text),
  hex: optional(checked(refusedBy(Assistant.readHex))),
  base64: optional(checked(refusedBy(Assistant.readBase64))),
  file: optional(text),
  escapes: optional(yesNo),
  encoding: optional(encoding),
  ending: optional(oneOf(["none", "lf", "crlf", "cr"])),
  checksum: optional(FileChecksum),
}).pipe(
  Schema.filter((payload) => {
    const problem = exactlyOne(payload, payloadForms)
    if (problem !== undefined) return problem
    if (payload.text === undefined) return undefined
    const escapes = payload.escapes === undefined || !isOff(payload.escapes)
    const checked = Assistant.checkPayload({ form: "text", content: payload.text, escapes })
    return Either.isLeft(checked) ? { path: ["text"], message: checked.left.message } : undefined
  }),
)
export type FilePayload = typeof FilePayload.Type

const isOff = (written: string | undefined): boolean =>
  written !== undefined && Either.getOrElse(parseYesNo(written), () => true) === false

export const FileMatch = mapOf("a match", {
  contains: optional(text),
  equals: optional(text),
  starts: optional(text),
  regex: optional(text),
  hex: optional(text),
  "ignore-case": optional(yesNo),
}).pipe(
  Schema.filter((match) => {
    const problem = exactlyOne(match, matchKinds)
    if (problem !== undefined) return problem
    if (match["ignore-case"] !== undefined && match.regex === undefined) {
      return { path: ["ignore-case"], message: "ignore-case works only with regex" }
    }
    // The regular expression is compiled later, because its engine must be loaded first.
    if (match.regex !== undefined) return undefined
    const compiled = Assistant.compileMatch(matchOf(match))
    return Either.isLeft(compiled)
      ? { path: given(match).filter((key) => key !== "ignore-case"), message: compiled.left.message }
      : undefined
  }),
)
export type FileMatch = typeof FileMatch.Type

/** Converts a map with exactly one kind of match into that match. */
export const matchOf = (match: FileMatch): Assistant.Match => {
  if (match.contains !== undefined) return { _tag: "Contains", text: match.contains }
  if (match.equals !== undefined) return { _tag: "Equals", text: match.equals }
  if (match.starts !== undefined) return { _tag: "Starts", text: match.starts }
  if (match.hex !== undefined) return { _tag: "Hex", pattern: match.hex }
  const ignoreCase = match["ignore-case"]
  return {
    _tag: "Regex",
    source: match.regex ?? "",
    ...(ignoreCase === undefined ? {} : { ignoreCase: !isOff(ignoreCase) }),
  }
}

const nothing = checked((written) => (written === "" ? undefined : "this key takes no value"))

export const FileAction = mapOf("an action", {
  reply: optional(FilePayload),
  close: optional(nothing),
  reset: optional(nothing),
  rename: optional(text),
  tag: optional(checked((written) => (written === "" ? "the tag is empty" : undefined))),
}).pipe(Schema.filter((action) => exactlyOne(action, actionKinds)))
export type FileAction = typeof FileAction.Type

export const FileRule = mapOf("a rule", {
  name,
  when: FileMatch,
  from: optional(recipients),
  after: optional(timeWithin(0)),
  times: optional(times),
  enabled: optional(yesNo),
  reply: optional(FilePayload),
  do: optional(Schema.NonEmptyArray(FileAction).annotations({ message: () => "a list of actions is expected here" })),
}).pipe(Schema.filter((rule) => exactlyOne(rule, ["reply", "do"])))
export type FileRule = typeof FileRule.Type

export const FileRepeat = mapOf("a repeat", {
  every: timeWithin(1),
  times: optional(times),
  to: optional(recipients),
  send: FilePayload,
})
export type FileRepeat = typeof FileRepeat.Type

export const FileMacro = mapOf("a macro", { name, to: optional(recipients), send: FilePayload })
export type FileMacro = typeof FileMacro.Type

/** A list whose items have different names. */
const named = <A extends { readonly name: string }, I>(item: Schema.Schema<A, I>) =>
  listOf(item).pipe(
    Schema.filter((items) =>
      items.flatMap((one, index) =>
        items.findIndex((other) => other.name === one.name) < index
          ? [{ path: [index, "name"], message: `the name ${JSON.stringify(one.name)} is given twice` }]
          : [],
      ),
    ),
  )

// The project file also contains defaults of the command's flags. The command checks them itself.
const defaults = optional(Schema.Unknown)

export const FileProject = mapOf("a map", {
  rules: optional(named(FileRule)),
  repeats: optional(listOf(FileRepeat)),
  macros: optional(named(FileMacro)),
  serve: defaults,
  connect: defaults,
  ui: defaults,
})
export type FileProject = typeof FileProject.Type
