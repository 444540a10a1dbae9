import * as Either from "effect/Either"
import { knownEscapes, readEscape } from "../escapes.ts"
import type { Refusal } from "./Refusal.ts"
import { characterNumber, refuse } from "./refuse.ts"
import { loneSurrogate } from "./TextCoder.ts"

/** A word of a line. */
export interface Word {
  /** The text, without quotation marks and with escapes replaced. */
  readonly text: string
  /** Offset of the first character in the line. */
  readonly at: number
  /** Offset after the last character in the line. */
  readonly end: number
  /** Whether the word is in quotation marks. A quoted word is never a keyword. */
  readonly quoted: boolean
}

/** A word of the form `key=value`. */
export interface Setting {
  readonly key: string
  readonly at: number
  readonly value: Word
}

const blank = /\s/

/** Reads the words of one line from left to right. Offsets refer to the line. */
export class LineReader {
  readonly line: string
  at: number

  constructor(line: string, at: number = 0) {
    this.line = line
    this.at = at
  }

  skipBlanks(): void {
    while (this.at < this.line.length && blank.test(this.line[this.at] as string)) this.at++
  }

  /** Skips blanks. Returns whether the line ends there. */
  isAtEnd(): boolean {
    this.skipBlanks()
    return this.at >= this.line.length
  }

  /** Returns the unread rest of the line. */
  rest(): string {
    return this.line.slice(this.at)
  }

  /** Returns the next word without reading it. Returns `undefined` for a quoted word and at the end. */
  peek(): string | undefined {
    this.skipBlanks()
    return this.line[this.at] === '"' ? undefined : /^\S+/.exec(this.rest())?.[0]
  }

  /** Reads the next word if it is `word` without quotation marks. Returns whether it has read the word. */
  take(word: string): boolean {
    if (this.peek() !== word) return false
    this.at += word.length
    return true
  }

  /** Reads the next word. Returns `undefined` at the end of the line. */
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

  /** Reads the next word if it is `key=value` with one of `keys`. Otherwise, reads nothing and returns `undefined`. */
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

  /** Reads a quoted text that begins at the current offset. */
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
        const advice = `Escapes in quotation marks: ${knownEscapes} \\uHHHH.`
        return this.refuseAt(at, "the escape is unknown or incomplete", advice)
      }
      text += found.text
      at += found.length
    }
    this.at = at + 1
    return Either.right({ text, at: start, end: this.at, quoted: true })
  }

  /** Makes a refusal for the text at an offset. */
  refuseAt(at: number, problem: string, advice?: string): Either.Either<never, Refusal> {
    const message = `${problem}, at character ${characterNumber(this.line, at)}`
    return refuse("syntax", message, advice === undefined ? { at } : { at, advice })
  }

  private isAtBlank(): boolean {
    return this.at >= this.line.length || blank.test(this.line[this.at] as string)
  }

  private noBlank(): Either.Either<never, Refusal> {
    return this.refuseAt(this.at, "a blank is missing after the quotation mark")
  }
}

const readQuotedEscape = (line: string, at: number): { readonly text: string; readonly length: number } | undefined => {
  // A quoted text may be a JSON string, which can contain `\uHHHH` and `\/`. Two `\uHHHH` may be a surrogate pair.
  const unit = /^\\u([0-9a-fA-F]{4})/.exec(line.slice(at, at + 6))?.[1]
  if (unit !== undefined) return { text: String.fromCharCode(Number.parseInt(unit, 16)), length: 6 }
  if (line[at + 1] === "/") return { text: "/", length: 2 }
  const found = readEscape(line, at)
  return found && { text: String.fromCodePoint(found.code), length: found.length }
}

// Programs that read lines end a line at some of these characters, and a terminal interprets the others.
const breaking = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

/** Whether a text has no character that ends a line or controls a terminal, and no lone surrogate. */
export const isOneLine = (text: string): boolean => !breaking.test(text) && loneSurrogate(text) < 0

/** Quotes a text on one line so that {@link LineReader.quoted} reads it back. */
export const quote = (text: string): string =>
  JSON.stringify(text).replace(
    new RegExp(breaking, "g"),
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )

const plain = /^[\p{L}\p{N}_.[][\p{L}\p{N}\p{M}_.:/[\]%+@~-]*$/u

/** Writes a word. Adds quotation marks if the reader would read the bare text as something else or refuse it. */
export const formatWord = (text: string, keywords: ReadonlyArray<string> = []): string =>
  plain.test(text) && !keywords.includes(text) ? text : quote(text)
