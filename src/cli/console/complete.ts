import * as fs from "node:fs"
import { dirname, join } from "node:path"
import type { Assistant } from "../../assistant/index.ts"
import { checksumNames } from "../../domain/assistant/checksums.ts"
import { cleanText, type Place } from "./LineEditor.ts"
import { wordsFor } from "./words.ts"

/** Names that complete a word. */
export interface Known {
  readonly kind: Assistant["kind"]
  /** Names, tags and numbers of clients, with their `@`. */
  readonly recipients: ReadonlyArray<string>
  readonly macros: ReadonlyArray<string>
  readonly rules: ReadonlyArray<string>
}

/** What a completion gives. */
export interface Completion {
  /** The line with what all candidates have in common. */
  readonly place: Place
  /** All candidates, when there are several. */
  readonly candidates: ReadonlyArray<string>
}

// Candidates that are listed.
const mostCandidates = 200

const values: Readonly<Record<string, ReadonlyArray<string>>> = {
  view: ["text", "hex", "both"],
  eol: ["none", "lf", "crlf", "cr"],
  log: ["text", "hex", "ndjson", "raw"],
  stop: ["keep", "close", "reset"],
  disconnect: ["close", "reset"],
}

/** The words that can stand where the cursor is, behind the `begin` of the word. */
const candidatesFor = (head: string, begin: string, known: Known): ReadonlyArray<string> => {
  const words = wordsFor(known.kind).map(({ word }) => word)
  if (head === "" && begin.startsWith("/") && !begin.startsWith("//")) return words.map((word) => `/${word} `)
  const command = /^\/(\S+)\s/.exec(head)?.[1]
  if (command === undefined) return []
  if (begin.startsWith("@")) return ["@all", "@last", ...known.recipients]
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
  const folder = begin.endsWith("/") ? begin : dirname(begin)
  try {
    return fs
      .readdirSync(folder === "" ? "." : folder, { withFileTypes: true })
      .map(
        (entry) =>
          `${folder === "." && !begin.startsWith("./") ? entry.name : join(folder, entry.name)}${entry.isDirectory() ? "/" : ""}`,
      )
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
  // The line holds no control characters, so a file with one in its name cannot be completed.
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
