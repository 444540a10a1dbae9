import { nearest } from "../../domain/nearest.ts"

/** The commands of a client, with their forms and what they do. */
export const chatCommands = [
  { word: "nick", form: "/nick NAME", what: "changes your name" },
  { word: "users", form: "/users", what: "lists who is here" },
  { word: "msg", form: "/msg NAME TEXT", what: "sends a text to NAME alone; the operator sees it too" },
  { word: "me", form: "/me TEXT", what: "says what you do" },
  { word: "help", form: "/help", what: "shows this list" },
  { word: "quit", form: "/quit [TEXT]", what: "leaves the chat" },
] as const

type Word = (typeof chatCommands)[number]["word"]

/** The request in a line of a client. The arrays are views of the line. */
export type Request =
  | { readonly _tag: "Say"; readonly text: Uint8Array }
  | { readonly _tag: "Nick"; readonly name: string }
  | { readonly _tag: "Users" | "Help" }
  | { readonly _tag: "Message"; readonly to: string; readonly text: Uint8Array }
  | { readonly _tag: "Act" | "Quit"; readonly text: Uint8Array }
  | { readonly _tag: "Wrong"; readonly problem: string }

const slash = 0x2f
const decoder = new TextDecoder()

const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09

/** Splits a line at the first blanks. */
const splitWord = (line: Uint8Array): readonly [word: string, rest: Uint8Array] => {
  let end = 0
  while (end < line.length && !isBlank(line[end])) end++
  let next = end
  while (isBlank(line[next])) next++
  return [decoder.decode(line.subarray(0, end)), line.subarray(next)]
}

const longestShown = 30

/** The start of a word from a client, to quote it in an answer. */
export const shortened = (word: string): string =>
  word.length > longestShown ? `${word.slice(0, longestShown)}…` : word

const unknown = (word: string): Request => {
  const near = nearest(
    word,
    chatCommands.map((command) => command.word),
  )
  const hint = near === undefined ? "" : ` (did you mean /${near}?)`
  return {
    _tag: "Wrong",
    problem: `/${shortened(word)} is not a command${hint}; /help lists the commands, and // at the start sends a slash`,
  }
}

const lacks = (word: Word, what: string): Request => {
  const form = chatCommands.find((command) => command.word === word)?.form ?? word
  return { _tag: "Wrong", problem: `${what}; the form is ${form}` }
}

/** Reads a line of a client. A line that begins with one `/` is a command. */
export const readRequest = (line: Uint8Array): Request => {
  if (line[0] !== slash) return { _tag: "Say", text: line }
  if (line[1] === slash) return { _tag: "Say", text: line.subarray(1) }
  const [written, rest] = splitWord(line.subarray(1))
  const word = written.toLowerCase()
  switch (word) {
    case "nick": {
      const [name, more] = splitWord(rest)
      if (name === "") return lacks("nick", "the name is missing")
      return more.length > 0 ? lacks("nick", "a name has no blanks") : { _tag: "Nick", name: name.normalize("NFC") }
    }
    case "users":
      return { _tag: "Users" }
    case "help":
      return { _tag: "Help" }
    case "msg": {
      const [to, text] = splitWord(rest)
      if (to === "") return lacks("msg", "the name is missing")
      return text.length === 0
        ? lacks("msg", "the text is missing")
        : { _tag: "Message", to: to.replace(/^@/, "").normalize("NFC"), text }
    }
    case "me":
      return rest.length === 0 ? lacks("me", "the text is missing") : { _tag: "Act", text: rest }
    case "quit":
      return { _tag: "Quit", text: rest }
    default:
      return unknown(written)
  }
}
