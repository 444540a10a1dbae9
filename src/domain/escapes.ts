import * as Either from "effect/Either"
import { ValueSyntaxError } from "./syntaxErrors.ts"
import { unsafeCharacters } from "./unsafeCharacters.ts"

const simple = new Map([
  ["n", 0x0a],
  ["r", 0x0d],
  ["t", 0x09],
  ["0", 0x00],
  ["a", 0x07],
  ["b", 0x08],
  ["e", 0x1b],
  ["f", 0x0c],
  ["v", 0x0b],
  ["\\", 0x5c],
  ['"', 0x22],
  ["'", 0x27],
])

/**
 * Converts text with escapes to bytes. The escapes are `\n \r \t \0 \a \b \e \f \v \\ \" \'`, `\xHH` for one byte and
 * `\u{…}` for one character. Characters are encoded as UTF-8.
 *
 * @example
 * import { Either } from "effect"
 * import { parseEscapes } from "tcpfx/domain"
 *
 * assert.deepEqual(parseEscapes("ok\\r\\n\\xff"), Either.right(Uint8Array.of(0x6f, 0x6b, 0x0d, 0x0a, 0xff)))
 */
export const parseEscapes = (input: string): Either.Either<Uint8Array, ValueSyntaxError> => {
  const encoder = new TextEncoder()
  const bytes: Array<number> = []
  let at = 0
  while (at < input.length) {
    const next = input.indexOf("\\", at)
    const literal = input.slice(at, next === -1 ? input.length : next)
    for (const byte of encoder.encode(literal)) bytes.push(byte)
    if (next === -1) break
    const found = readEscape(input, next)
    if (found === undefined) {
      return Either.left(
        new ValueSyntaxError({
          input,
          kind: "a text with escapes",
          problem: `the escape at character ${[...input.slice(0, next)].length + 1} is unknown or incomplete`,
          expected: knownEscapes,
        }),
      )
    }
    if (found.isByte) bytes.push(found.code)
    else for (const byte of encoder.encode(String.fromCodePoint(found.code))) bytes.push(byte)
    at = next + found.length
  }
  return Either.right(Uint8Array.from(bytes))
}

/** A list of the escapes for messages. */
export const knownEscapes = "\\n \\r \\t \\0 \\a \\b \\e \\f \\v \\\\ \\\" \\' \\xHH \\u{HEX}"

/** One escape of a text. */
export interface Escape {
  /** The byte, or the code point of the character. */
  readonly code: number
  /** Whether the escape is one byte in every encoding (`\xHH`) and not a character. */
  readonly isByte: boolean
  /** The length of the written escape, UTF-16 units. */
  readonly length: number
}

/** Reads the escape that begins with the backslash at `at`. Returns `undefined` if it is unknown or incomplete. */
export const readEscape = (input: string, at: number): Escape | undefined => {
  const hex = /^\\x([0-9a-fA-F]{2})/.exec(input.slice(at, at + 4))
  if (hex?.[1] !== undefined) return { code: Number.parseInt(hex[1], 16), isByte: true, length: 4 }
  const unicode = /^\\u\{([0-9a-fA-F]{1,6})\}/.exec(input.slice(at, at + 10))
  if (unicode?.[1] !== undefined) {
    const code = Number.parseInt(unicode[1], 16)
    return isScalar(code) ? { code, isByte: false, length: unicode[0].length } : undefined
  }
  const code = simple.get(input[at + 1] ?? "")
  return code === undefined ? undefined : { code, isByte: false, length: 2 }
}

const isScalar = (code: number): boolean => code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)

const named: Record<number, string> = { 9: "\\t", 10: "\\n", 13: "\\r", 27: "\\e", 0: "\\0", 7: "\\a" }

/**
 * Makes text from a peer safe to show: replaces control characters, format characters (which reorder or hide the text
 * around them) and line separators by escapes.
 *
 * @example
 * import { escapeControls } from "tcpfx/domain"
 *
 * assert.equal(escapeControls("a\u001b[2Jb\n"), "a\\e[2Jb\\n")
 */
export const escapeControls = (text: string): string =>
  text.replace(unsafeCharacters, (character) => escapeOf(character.codePointAt(0) as number))

/**
 * Returns the escape of a character. `parseEscapes` reads `\xHH` as one byte, so only ASCII characters get that form.
 */
export const escapeOf = (codePoint: number): string =>
  codePoint > 0x7f ? `\\u{${codePoint.toString(16)}}` : (named[codePoint] ?? byteEscape(codePoint))

/** Returns the escape of one byte, `\xHH`. */
export const byteEscape = (byte: number): string => `\\x${byte.toString(16).padStart(2, "0")}`

/** Returns a byte as `<HH>`, with upper-case digits, as the view `mixed` shows it. */
export const byteMark = (byte: number): string => `<${byte.toString(16).toUpperCase().padStart(2, "0")}>`

/** Returns bytes as `<HH>` each. */
export const bytesMark = (bytes: Uint8Array): string => Array.from(bytes, byteMark).join("")
