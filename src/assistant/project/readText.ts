import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { Document, LineCounter } from "yaml"
import * as Assistant from "../../domain/assistant/index.ts"
import { escapeControls } from "../../domain/index.ts"
import { projectOf } from "./fileForm.ts"
import { FileProject } from "./fileSchema.ts"
import type { Project } from "./Project.ts"

/** The YAML library. It is loaded when a project is used for the first time. */
export type Yaml = typeof import("yaml")

/** A parsed project file: the project, and the YAML document with its comments. */
export interface ReadProject {
  readonly project: Project
  readonly document: Document
  /** Makes the refusal for values that a later check finds invalid. Each fault has its path in the document. */
  readonly refuse: (
    faults: ReadonlyArray<{ readonly path: ReadonlyArray<PropertyKey>; readonly message: string }>,
  ) => Assistant.Refusal
}

/** An error in the file: its offset and its description. */
interface Fault {
  readonly at: number
  readonly message: string
}

// The maximum number of errors in one message.
const mostFaults = 10

/**
 * Parses the text of a project file. Fails with the reason `syntax`; the message lists each error and its place. `name`
 * is the file name for the message.
 */
export const readText = (yaml: Yaml, text: string, name: string): Either.Either<ReadProject, Assistant.Refusal> => {
  const lines = new yaml.LineCounter()
  // With the schema "failsafe" every scalar is a string, so `hex: 0103` keeps its zero and `text: no` is not a boolean.
  const document = yaml.parseDocument(text, { schema: "failsafe", lineCounter: lines, prettyErrors: false })
  const faults = [...document.errors, ...document.warnings].map(
    ({ message, pos }): Fault => ({ at: pos[0], message: sentence(message) }),
  )
  yaml.visit(document, {
    // A few aliases can expand to gigabytes.
    Alias: (_, { range }) => {
      faults.push({ at: range?.[0] ?? 0, message: "a project file cannot contain aliases; write the value itself" })
    },
  })
  const refuse = (found: ReadonlyArray<Fault>) => refusalOf(found, lines, text, name)
  if (faults.length > 0) return Either.left(refuse(faults))
  const decoded = decode(expandProject(document.toJS()))
  if (Either.isLeft(decoded)) {
    const issues = ParseResult.ArrayFormatter.formatErrorSync(decoded.left)
    return Either.left(refuse(issues.map((issue) => faultOf(yaml, document, issue))))
  }
  return Either.right({
    project: projectOf(decoded.right),
    document,
    refuse: (found) => refuse(found.map(({ message, path }) => ({ at: placeOf(yaml, document, path), message }))),
  })
}

const decode = Schema.decodeUnknownEither(FileProject, { errors: "all", onExcessProperty: "error" })

const sentence = (message: string): string => `${message.charAt(0).toLowerCase()}${message.slice(1)}`

const refusalOf = (faults: ReadonlyArray<Fault>, lines: LineCounter, text: string, name: string): Assistant.Refusal => {
  const sorted = [...faults].sort((a, b) => a.at - b.at)
  const shown = sorted.slice(0, mostFaults).map((fault) => faultText(fault, lines, text, name))
  const more = sorted.length - shown.length
  return new Assistant.Refusal({
    reason: "syntax",
    message: [...shown, ...(more > 0 ? [`${more} more`] : [])].join("\n"),
    field: "project",
    at: sorted[0]?.at ?? 0,
  })
}

// The number of characters to show on each side of an error.
const around = 60

/** Describes an error: its place, its message, the source line, and a caret below the place. */
const faultText = ({ at, message }: Fault, lines: LineCounter, text: string, name: string): string => {
  const { col, line } = lines.linePos(at)
  const start = lines.lineStarts[line - 1] ?? 0
  const whole = text.slice(start).split(/\r?\n/, 1)[0] ?? ""
  const from = Math.max(0, col - 1 - around)
  const before = escapeControls(whole.slice(from, col - 1).replaceAll("\t", " "))
  const behind = escapeControls(whole.slice(col - 1, col - 1 + around).replaceAll("\t", " "))
  const margin = `${line} | `
  return [
    `${name}:${line}:${col}: ${message}`,
    `  ${margin}${before}${behind}`,
    `  ${" ".repeat(margin.length)}${before.replace(/[^ ]/gu, (character) => " ".repeat(columnsOf(character)))}^`,
  ].join("\n")
}

/**
 * Returns the number of terminal columns of a character, exactly enough to place a caret. Chinese, Japanese and Korean
 * characters have two columns.
 */
const columnsOf = (character: string): number =>
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}\u3000-\u303f\uff01-\uff60]/u.test(
    character,
  )
    ? 2
    : 1

const faultOf = (yaml: Yaml, document: Document, issue: ParseResult.ArrayFormatterIssue): Fault => {
  const path = [...issue.path]
  const key = String(path[path.length - 1] ?? "")
  if (issue._tag === "Missing") {
    return { at: placeOf(yaml, document, path.slice(0, -1)), message: `"${key}" is missing here` }
  }
  if (issue._tag === "Unexpected") {
    const known = Array.from(issue.message.matchAll(/"([^"]+)"/g), ([, word]) => word ?? "")
    const place = keyPlace(yaml, document, path) ?? placeOf(yaml, document, path)
    const message = `"${key}" is not a key here; expected ${known.join(", ")}${Assistant.suggestion(key, known)}`
    return { at: place, message }
  }
  return { at: placeOf(yaml, document, path), message: issue.message }
}

/**
 * Returns the offset of the value at a path. In a short form, the last keys of the path do not exist. Then the result
 * is the offset of the enclosing value.
 */
const placeOf = (yaml: Yaml, document: Document, path: ReadonlyArray<PropertyKey>): number => {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (yaml.isNode(node) && node.range) return node.range[0]
  }
  return 0
}

const keyPlace = (yaml: Yaml, document: Document, path: ReadonlyArray<PropertyKey>): number | undefined => {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (!yaml.isMap(parent)) return undefined
  const pair = parent.items.find(({ key }) => yaml.isScalar(key) && key.value === path[path.length - 1])
  return yaml.isScalar(pair?.key) ? pair.key.range?.[0] : undefined
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const map = (value: unknown, fields: Readonly<Record<string, (value: unknown) => unknown>>): unknown =>
  isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([key, field]) => [key, fields[key]?.(field) ?? field]))
    : value

const list = (item: (value: unknown) => unknown) => (value: unknown) =>
  // An empty section is a key without a value.
  value === "" ? [] : Array.isArray(value) ? value.map(item) : value

/** `modbus` is short for `kind: modbus`. */
const expandChecksum = (value: unknown) => (typeof value === "string" ? { kind: value } : value)

/** `ok\n` is short for `text: ok\n`. */
const expandPayload = (value: unknown): unknown =>
  typeof value === "string" ? { text: value } : map(value, { checksum: expandChecksum })

/** `close` is short for `close:` without a value. */
const expandAction = (value: unknown): unknown =>
  typeof value === "string" ? { [value]: "" } : map(value, { reply: expandPayload })

const expandProject = (value: unknown): unknown =>
  value === null || value === ""
    ? {}
    : map(value, {
        rules: list((rule) => map(rule, { reply: expandPayload, do: list(expandAction) })),
        repeats: list((repeat) => map(repeat, { send: expandPayload })),
        macros: list((macro) => map(macro, { send: expandPayload })),
      })
