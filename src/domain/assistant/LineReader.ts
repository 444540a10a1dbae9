import * as Either from "effect/Either"
import { knownEscapes, readEscape } from "../escapes.ts"
import type { Refusal } from "./Refusal.ts"
import { characterNumber, refuse } from "./refuse.ts"
import { loneSurrogate } from "./TextCoder.ts"

/** One word of a line. */
export interface Word {
  /** What it says, without its quotation marks. */
  readonly text: string
  /** Offset of its first character in the line, and the offset behind its last one. */
  readonly at: number
  readonly end: number
  /** Whether it stands in quotation marks: such a word is never a keyword. */
  readonly quoted: boolean
}

/** A word of the form `key=value`. */
export interface Setting {
  readonly key: string
  readonly at: number
  readonly value: Word
}

const blank = /\s/

/** Reads the words of one line from left to right. Offsets are those of the line. */
export class LineReader {
  readonly line: string
  at: number

  constructor(line: string, at: number = 0) {
    this.line = line
    this.at = at
  }

  /** Goes to the next character that is no blank. */
  skipBlanks(): void {
    while (this.at < this.line.length && blank.test(this.line[this.at] as string)) this.at++
  }

  /** Whether nothing but blanks is left. */
  isAtEnd(): boolean {
    this.skipBlanks()
    return this.at >= this.line.length
  }

  /** The rest of the line as it is. */
  rest(): string {
    return this.line.slice(this.at)
  }

  /** The next word, if it has no quotation marks; the reader stays before it. */
  peek(): string | undefined {
    this.skipBlanks()
    return this.line[this.at] === '"' ? undefined : /^\S+/.exec(this.rest())?.[0]
  }

  /** Goes behind the next word if it is this one, written without quotation marks. */
  take(word: string): boolean {
    if (this.peek() !== word) return false
    this.at += word.length
    return true
  }

  /** Reads the next word; nothing at the end of the line. */
  word(): Either.Either<Word | undefined, Refusal> {
    if (this.isAtEnd()) return Either.right(undefined)
    const at = this.at
    if (this.line[at] === '"') {
      return Either.flatMap(this.quoted(), (word) => (this.isAtBlank() ? Either.right(word) : this.noBlank()))
    }
    const text = this.peek() as string
    this.at = at + text.length
    return Either.right({ text, at, end: this.at, quoted: false })
  }

  /** Reads the next word if it is `key=value` with one of these keys; else it stays before it. */
  setting(keys: ReadonlyArray<string>): Either.Either<Setting | undefined, Refusal> {
    this.skipBlanks()
    const at = this.at
    const key = /^([A-Za-z-]+)=/.exec(this.rest())?.[1]
    if (key === undefined || !keys.includes(key)) return Either.right(undefined)
    this.at = at + key.length + 1
    const from = this.at
    if (this.line[from] === '"') {
      return Either.flatMap(this.quoted(), (value) =>
        this.isAtBlank() ? Either.right({ key, at, value }) : this.noBlank(),
      )
    }
    const text = /^\S*/.exec(this.rest())?.[0] ?? ""
    this.at = from + text.length
    return Either.right({ key, at, value: { text, at: from, end: this.at, quoted: false } })
  }

  /** Reads a text in quotation marks that begins here. */
  quoted(): Either.Either<Word, Refusal> {
    const start = this.at
    let text = ""
    let at = start + 1
    for (;;) {
      const character = this.line[at]
      if (character === undefined) return this.refuseAt(start, "the quotation mark is not closed")
      if (character === '"') break
      if (character !== "\\") {
        text += character
        at++
        continue
      }
      const found = readQuotedEscape(this.line, at)
      if (found === undefined) {
        return this.refuseAt(at, "the escape is unknown or incomplete", `In quotation marks: ${knownEscapes} \\uHHHH.`)
      }
      text += found.text
      at += found.length
    }
    this.at = at + 1
    return Either.right({ text, at: start, end: this.at, quoted: true })
  }

  /** Refuses what stands at an offset. */
  refuseAt(at: number, problem: string, advice?: string): Either.Either<never, Refusal> {
    const message = `${problem}, at character ${characterNumber(this.line, at)}`
    return refuse("syntax", message, advice === undefined ? { at } : { at, advice })
  }

  private isAtBlank(): boolean {
    return this.at >= this.line.length || blank.test(this.line[this.at] as string)
  }

  private noBlank(): Either.Either<never, Refusal> {
    return this.refuseAt(this.at, "a blank is missing behind the quotation mark")
  }
}

const readQuotedEscape = (line: string, at: number): { readonly text: string; readonly length: number } | undefined => {
  // `\uHHHH` and `\/` are of JSON: a text that a program has quoted reads too. Two of them may be a surrogate pair.
  const unit = /^\\u([0-9a-fA-F]{4})/.exec(line.slice(at, at + 6))?.[1]
  if (unit !== undefined) return { text: String.fromCharCode(Number.parseInt(unit, 16)), length: 6 }
  if (line[at + 1] === "/") return { text: "/", length: 2 }
  const found = readEscape(line, at)
  return found && { text: String.fromCodePoint(found.code), length: found.length }
}

// Readers of lines end a line at these, and a terminal obeys them.
const breaking = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

/** Whether a text has no character that could end a line or steer a terminal. */
export const isOneLine = (text: string): boolean => !breaking.test(text) && loneSurrogate(text) < 0

/** Writes a text in quotation marks, so that {@link LineReader.quoted} reads the same one and the line stays one. */
export const quote = (text: string): string =>
  JSON.stringify(text).replace(
    new RegExp(breaking, "g"),
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )

const plain = /^[\p{L}\p{N}_.[][\p{L}\p{N}\p{M}_.:/[\]%+@~-]*$/u

/** Writes a word: in quotation marks where it could be read as something else. */
export const formatWord = (text: string, keywords: ReadonlyArray<string> = []): string =>
  plain.test(text) && !keywords.includes(text) ? text : quote(text)
