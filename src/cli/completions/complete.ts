import type { CommandEntry, CompletionTable, FlagEntry, ValueKind } from "./Table.ts"

/** A candidate for the word before the cursor, with a description. */
export interface Candidate {
  readonly word: string
  readonly help: string
}

/** The result of a completion. */
export interface Completion {
  readonly candidates: ReadonlyArray<Candidate>
  /** What the shell completes itself, behind `prefix`. */
  readonly paths: "none" | "file" | "folder"
  /** The part of the word before the path. */
  readonly prefix: string
}

/** The words that only the machine knows, by their kind. Each list is made when it is asked for. */
export type Known = (kind: ValueKind) => ReadonlyArray<Candidate>

const nothing: Completion = { candidates: [], paths: "none", prefix: "" }

const shells = ["bash", "fish", "zsh"]

/**
 * Completes the last of the words behind `tcpfx`. The candidates begin with this word. Words behind `config --` are a
 * command line of their own.
 */
export const complete = (words: ReadonlyArray<string>, table: CompletionTable, known: Known): Completion => {
  const before = words.slice(0, -1)
  const current = words.at(-1) ?? ""
  const [head] = before
  if (head === undefined) return starting(current, commandsOf(table))
  if (head === "--completions") return starting(current, shells.map(plain))
  const split = head === "config" ? before.indexOf("--") : -1
  if (split >= 0) return complete(words.slice(split + 1), table, known)
  // A command line in the manner of netcat has no command: with -l it serves.
  const isHabit = !Object.hasOwn(table, head)
  const name = !isHabit ? head : before.some((word) => /^-\w*l|^--listen$/.test(word)) ? "serve" : "connect"
  const command = table[name]
  if (command === undefined || (isHabit && !/^-|[.:]/.test(head))) return nothing
  return inCommand(command, isHabit ? before : before.slice(1), current, known)
}

const plain = (word: string): Candidate => ({ word, help: "" })

const starting = (current: string, candidates: ReadonlyArray<Candidate>): Completion => ({
  ...nothing,
  candidates: candidates.filter(({ word }) => word.startsWith(current)),
})

const commandsOf = (table: CompletionTable): ReadonlyArray<Candidate> => [
  ...Object.entries(table).map(([word, { summary }]) => ({ word, help: summary })),
  { word: "--help", help: "Print the help." },
  { word: "--version", help: "Print the version." },
  { word: "--completions", help: "Print a script with completions for a shell." },
]

/** Finds the flag that a word names whose value is the next word, or is joined to the word. */
const flagIn = (word: string, flags: ReadonlyArray<FlagEntry>): FlagEntry | undefined => {
  if (word.startsWith("--")) {
    return flags.find(({ name, synonyms }) => word === `--${name}` || synonyms.includes(word.slice(2)))
  }
  if (!/^-\w+$/.test(word)) return undefined
  // The last of several letters may take a value. A letter with a value ends the letters.
  const letters = [...word.slice(1)].map((letter) => flags.find(({ alias }) => alias === letter))
  const first = letters.findIndex((flag) => flag?.takesValue === true)
  return first < 0 ? letters.at(-1) : first === letters.length - 1 ? letters[first] : undefined
}

const inCommand = (
  { args, choices, flags }: CommandEntry,
  before: ReadonlyArray<string>,
  current: string,
  known: Known,
): Completion => {
  const given = new Set<string>()
  let waiting: FlagEntry | undefined
  for (const word of before) {
    if (waiting !== undefined) {
      waiting = undefined
      continue
    }
    const flag = flagIn(word.replace(/^(--[^=]*)=.*$/s, "$1"), flags)
    if (flag !== undefined) given.add(flag.name)
    if (flag?.takesValue === true && !/^--.*=/s.test(word)) waiting = flag
  }
  if (waiting !== undefined) return valuesOf(waiting.choices, waiting.kind, "", current, known)
  const joined = /^--([^=]*)=(.*)$/s.exec(current)
  if (joined !== null) {
    const flag = flagIn(`--${joined[1]}`, flags)
    return flag?.takesValue === true
      ? valuesOf(flag.choices, flag.kind, `--${joined[1]}=`, joined[2] ?? "", known)
      : nothing
  }
  if (current.startsWith("-")) {
    const offered = flags
      .filter(({ name, repeats }) => repeats || !given.has(name))
      .map(({ help, name }) => ({ word: `--${name}`, help }))
    return starting(current, [...offered, { word: "--help", help: "Print the help of the command." }])
  }
  return valuesOf(choices, args, "", current, known)
}

const valuesOf = (
  choices: ReadonlyArray<string>,
  kind: ValueKind,
  prefix: string,
  current: string,
  known: Known,
): Completion => {
  const socket = kind === "endpoint" || kind === "host" ? /^unix:(?!@)/.exec(current)?.[0] : undefined
  if (socket !== undefined) return { candidates: [], paths: "file", prefix: `${prefix}${socket}` }
  const candidates = [...choices.map(plain), ...known(kind)]
    .filter(({ word }) => word.startsWith(current))
    .map(({ help, word }) => ({ word: `${prefix}${word}`, help }))
  return { candidates, paths: kind === "file" || kind === "folder" ? kind : "none", prefix }
}
