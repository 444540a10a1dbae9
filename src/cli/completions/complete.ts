import type { CommandEntry, CompletionTable, FlagEntry, ValueKind } from "./Table.ts"

/** A candidate for the word before the cursor, with a description. */
export interface Candidate {
  readonly word: string
  readonly help: string
}

/** The result of a completion. */
export interface Completion {
  readonly candidates: ReadonlyArray<Candidate>
  /** The kind of path that the shell itself completes after `prefix`. */
  readonly paths: "none" | "file" | "folder"
  /** The part of the word before the path. */
  readonly prefix: string
}

/** Returns the words of a kind that depend on this machine, such as its addresses. */
export type Known = (kind: ValueKind) => ReadonlyArray<Candidate>

const nothing: Completion = { candidates: [], paths: "none", prefix: "" }

const shells = ["bash", "fish", "zsh"]

/**
 * Completes the last of `words`, the words after `tcpfx`. The candidates begin with this word. After `config`, the
 * words after `--` are a separate command line.
 */
export const complete = (words: ReadonlyArray<string>, table: CompletionTable, known: Known): Completion => {
  const before = words.slice(0, -1)
  const current = words.at(-1) ?? ""
  const [head] = before
  if (head === undefined) return starting(current, commandsOf(table))
  if (head === "--completions") return starting(current, shells.map(plain))
  const split = head === "config" ? before.indexOf("--") : -1
  if (split >= 0) return complete(words.slice(split + 1), table, known)
  // A command line in netcat's style names no command. With -l its command is `serve`, otherwise `connect`.
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

/** Returns the flag in a word, so that the caller knows whether the next word is the value of the flag. */
const flagIn = (word: string, flags: ReadonlyArray<FlagEntry>): FlagEntry | undefined => {
  if (word.startsWith("--")) {
    return flags.find(({ name, synonyms }) => word === `--${name}` || synonyms.includes(word.slice(2)))
  }
  if (!/^-\w+$/.test(word)) return undefined
  // In a word of several letters, the first letter that takes a value is the last flag: the rest of the word is its
  // value.
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
  // The words after the first word of a command for a server belong to that command.
  let hasArgument = false
  for (const word of before) {
    if (waiting !== undefined) {
      waiting = undefined
      continue
    }
    const flag = flagIn(word.replace(/^(--[^=]*)=.*$/s, "$1"), flags)
    if (flag !== undefined) given.add(flag.name)
    else if (!word.startsWith("-")) hasArgument = true
    if (flag?.takesValue === true && !/^--.*=/s.test(word)) waiting = flag
  }
  if (hasArgument && args === "command") return nothing
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
