import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { Document, LineCounter } from "yaml"
import * as Assistant from "../../domain/assistant/index.ts"
import { escapeControls } from "../../domain/index.ts"
import { projectOf } from "./fileForm.ts"
import { FileProject } from "./fileSchema.ts"
import type { Project } from "./Project.ts"

/** The library, which is loaded when a project is first used. */
export type Yaml = typeof import("yaml")

/** A project file that has been read: what it says, and the document with its comments. */
export interface ReadProject {
  readonly project: Project
  readonly document: Document
  /** The refusal of values that only turn out to be wrong later, each with its path. */
  readonly refuse: (
    faults: ReadonlyArray<{ readonly path: ReadonlyArray<PropertyKey>; readonly message: string }>,
  ) => Assistant.Refusal
}

/** Something that is wrong in the file: an offset, and what it is. */
interface Fault {
  readonly at: number
  readonly message: string
}

// So many faults are told at once.
const mostFaults = 10

/**
 * Reads the text of a project file. Refused with the reason `syntax` and the place of everything that is wrong; `name` is
 * the name of the file in the message.
 */
export const readText = (yaml: Yaml, text: string, name: string): Either.Either<ReadProject, Assistant.Refusal> => {
  const lines = new yaml.LineCounter()
  // "failsafe": every scalar is a text, so `hex: 0103` keeps its zero and `text: no` is no truth value.
  const document = yaml.parseDocument(text, { schema: "failsafe", lineCounter: lines, prettyErrors: false })
  const faults = [...document.errors, ...document.warnings].map(
    ({ message, pos }): Fault => ({ at: pos[0], message: sentence(message) }),
  )
  yaml.visit(document, {
    // A few of them can stand for gigabytes.
    Alias: (_, { range }) => {
      faults.push({ at: range?.[0] ?? 0, message: "an alias has no place in a project file; write the value itself" })
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

// A line is shown so far to the left and to the right of the place.
const around = 60

/** The place, what is wrong, the line, and a caret below the place. */
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

/** Columns of a character on a terminal, as far as a caret needs them: Chinese, Japanese and Korean have two. */
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
    const message = `"${key}" has no place here; expected ${known.join(", ")}${Assistant.suggestion(key, known)}`
    return { at: place, message }
  }
  return { at: placeOf(yaml, document, path), message: issue.message }
}

/** The offset of the value at a path, or of the nearest value around it: a short form has not all of the path. */
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
  // An empty section is a key with nothing behind it.
  value === "" ? [] : Array.isArray(value) ? value.map(item) : value

/** `modbus` is short for `kind: modbus`. */
const expandChecksum = (value: unknown) => (typeof value === "string" ? { kind: value } : value)

/** `ok\n` is short for `text: ok\n`. */
const expandPayload = (value: unknown): unknown =>
  typeof value === "string" ? { text: value } : map(value, { checksum: expandChecksum })

/** `close` is short for `close:` with nothing behind it. */
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
