import * as fs from "node:fs"
import { encodingNames } from "../../assistant/encodings.ts"
import type { Assistant } from "../../assistant/index.ts"
import { checksumNames } from "../../domain/assistant/checksums.ts"
import { LogView } from "../../domain/assistant/Log.ts"
import { cleanText, type Place } from "./LineEditor.ts"
import { wordsFor } from "./words.ts"

/** The names that can complete a word. */
export interface Known {
  readonly kind: Assistant["kind"]
  /** The names, tags and numbers of clients, each with its `@`. */
  readonly recipients: ReadonlyArray<string>
  readonly macros: ReadonlyArray<string>
  readonly rules: ReadonlyArray<string>
}

/** The result of a completion. */
export interface Completion {
  /** The line, completed by the common start of all candidates. */
  readonly place: Place
  /** The candidates, if there are several. Otherwise empty. */
  readonly candidates: ReadonlyArray<string>
}

// The maximum number of candidates that Tab lists.
const mostCandidates = 200

const values: Readonly<Record<string, ReadonlyArray<string>>> = {
  view: LogView.literals,
  eol: ["none", "lf", "crlf", "cr"],
  log: ["text", "hex", "ndjson", "raw"],
  encoding: encodingNames,
  stop: ["keep", "close", "reset"],
  disconnect: ["close", "reset"],
}

/** The words that are valid after `head`. `begin` is the typed part of the word. */
const candidatesFor = (head: string, begin: string, known: Known): ReadonlyArray<string> => {
  const words = wordsFor(known.kind).map(({ word }) => word)
  if (head === "" && begin.startsWith("/") && !begin.startsWith("//")) return words.map((word) => `/${word} `)
  const command = /^\/(\S+)\s/.exec(head)?.[1]
  if (command === undefined) return []
  if (begin.startsWith("@")) {
    // Only the last recipient of a list is completed.
    const before = begin.slice(0, begin.lastIndexOf(",") + 1)
    return ["@all", "@last", ...known.recipients].map((recipient) => before + recipient)
  }
  const isFirst = /^\/\S+\s+$/.test(head)
  if (command === "file" || command === "log" || /\sfile\s+$/.test(head)) {
    return [...(command === "log" && isFirst ? (values["log"] ?? []) : []), ...files(begin)]
  }
  if (!isFirst) return []
  if (command === "help") return words
  if (command === "checksum") return ["none", ...checksumNames]
  if (command === "run" || command === "macro" || command === "unmacro") return known.macros
  if (command === "unrule") return known.rules
  if (begin === "" && values[command] === undefined) return known.recipients
  return values[command] ?? []
}

const files = (begin: string): ReadonlyArray<string> => {
  // The candidates begin with the folder as it was typed, such as `./` or `../`.
  const folder = begin.slice(0, begin.lastIndexOf("/") + 1)
  try {
    return fs
      .readdirSync(folder === "" ? "." : folder, { withFileTypes: true })
      .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`)
  } catch {
    return []
  }
}

const commonStart = (words: ReadonlyArray<string>): string => {
  let common = words[0] ?? ""
  for (const word of words) while (!word.startsWith(common)) common = common.slice(0, -1)
  return common
}

/** Completes the word before the cursor. */
export const complete = ({ cursor, text }: Place, known: Known): Completion => {
  const before = text.slice(0, cursor)
  const begin = /\S*$/.exec(before)?.[0] ?? ""
  const head = before.slice(0, before.length - begin.length)
  // The line has no control characters, so Tab offers no file name that contains one.
  const found = [...new Set(candidatesFor(head, begin, known))]
    .filter((word) => word.startsWith(begin) && cleanText(word) === word)
    .sort()
  if (found.length === 0) return { place: { text, cursor }, candidates: [] }
  const only = found.length === 1 ? (found[0] as string) : undefined
  const common = only === undefined ? commonStart(found) : only.endsWith(" ") || only.endsWith("/") ? only : `${only} `
  const at = head.length + common.length
  return {
    place: { text: head + common + text.slice(cursor), cursor: at },
    candidates: only === undefined ? found.slice(0, mostCandidates).map((word) => word.trimEnd()) : [],
  }
}
