import * as Either from "effect/Either"
import { ValueSyntaxError } from "./syntaxErrors.ts"
import { unsafeCharacters } from "./unsafeCharacters.ts"

const simple: Record<string, number> = {
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  "0": 0x00,
  a: 0x07,
  b: 0x08,
  e: 0x1b,
  f: 0x0c,
  v: 0x0b,
  "\\": 0x5c,
  '"': 0x22,
  "'": 0x27,
}

/**
 * Reads text with escapes into bytes: `\n \r \t \0 \a \b \e \f \v \\ \" \'`, `\xHH` for one byte and `\u{…}` for one
 * character in UTF-8. All other text is UTF-8.
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
    const hex = /^\\x([0-9a-fA-F]{2})/.exec(input.slice(next, next + 4))
    const unicode = /^\\u\{([0-9a-fA-F]{1,6})\}/.exec(input.slice(next, next + 10))
    const code = simple[input[next + 1] ?? ""]
    if (hex?.[1] !== undefined) {
      bytes.push(Number.parseInt(hex[1], 16))
      at = next + 4
    } else if (unicode?.[1] !== undefined && isScalar(Number.parseInt(unicode[1], 16))) {
      for (const byte of encoder.encode(String.fromCodePoint(Number.parseInt(unicode[1], 16)))) bytes.push(byte)
      at = next + unicode[0].length
    } else if (code !== undefined) {
      bytes.push(code)
      at = next + 2
    } else {
      return Either.left(
        new ValueSyntaxError({
          input,
          kind: "a text with escapes",
          problem: `the escape at character ${[...input.slice(0, next)].length + 1} is unknown or incomplete`,
          expected: "\\n \\r \\t \\0 \\a \\b \\e \\f \\v \\\\ \\\" \\' \\xHH \\u{HEX}",
        }),
      )
    }
  }
  return Either.right(Uint8Array.from(bytes))
}

const isScalar = (code: number): boolean => code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)

const named: Record<number, string> = { 9: "\\t", 10: "\\n", 13: "\\r", 27: "\\e", 0: "\\0", 7: "\\a" }

/**
 * Makes text from a peer safe to show: control characters, format characters (they reorder or hide what surrounds
 * them) and line separators are written as escapes.
 *
 * @example
 * import { escapeControls } from "tcpfx/domain"
 *
 * assert.equal(escapeControls("a\u001b[2Jb\n"), "a\\e[2Jb\\n")
 */
export const escapeControls = (text: string): string =>
  text.replace(unsafeCharacters, (character) => escapeOf(character.codePointAt(0) as number))

/** The escape that stands for a character. `\xHH` is one byte to `parseEscapes`, so it stands for ASCII only. */
export const escapeOf = (codePoint: number): string =>
  codePoint > 0x7f ? `\\u{${codePoint.toString(16)}}` : (named[codePoint] ?? byteEscape(codePoint))

/** The escape that stands for one byte: `\xHH`. */
export const byteEscape = (byte: number): string => `\\x${byte.toString(16).padStart(2, "0")}`
