import * as Either from "effect/Either"
import type { Refusal } from "./Refusal.ts"
import { characterNumber, refuse } from "./refuse.ts"

const bad = (text: string, at: number, problem: string, advice: string): Either.Either<never, Refusal> =>
  refuse("payload", `${problem}, at character ${characterNumber(text, at)}`, { at, advice, field: "content" })

/** Quotes the character at an offset for a message. */
const shown = (text: string, at: number): string => JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))

const hexAdvice = "Hex is two digits a byte: 01 03, 0x01,0x03, 01:03, 0103 or \\x01\\x03."

// The separators of bytes in common sources: terminals, source code, packet sniffers.
const separators = /[\s,;:_\-|{}[\]]+/y
const byteRun = /(?:0[xX]|\\x)?([0-9a-fA-F]+)/y

/**
 * Reads bytes in hex in the common forms: `01 03`, `0x01,0x03`, `01:03`, `0103`, `\x01\x03`, also on several lines.
 *
 * @example
 * import { Either } from "effect"
 * import { Assistant } from "tcpfx/domain"
 *
 * assert.deepEqual(Assistant.readHex("0x01, 0x03"), Either.right(Uint8Array.of(1, 3)))
 */
export const readHex = (text: string): Either.Either<Uint8Array, Refusal> => {
  const bytes: Array<number> = []
  let at = 0
  for (;;) {
    separators.lastIndex = at
    at += separators.exec(text)?.[0].length ?? 0
    if (at >= text.length) return Either.right(Uint8Array.from(bytes))
    byteRun.lastIndex = at
    const run = byteRun.exec(text)
    const digits = run?.[1]
    if (run === null || digits === undefined) {
      return bad(text, at, `${shown(text, at)} is not a hex digit`, hexAdvice)
    }
    const end = at + run[0].length
    if (digits.length % 2 === 1) {
      const next = text[end]
      // In `010x03`, the `x` is wrong, and not the number of digits before it.
      return next === undefined || /[\s,;:_\-|{}[\]]/.test(next)
        ? bad(text, end - 1, `a digit is missing next to ${text[end - 1]}`, hexAdvice)
        : bad(text, end, `${shown(text, end)} is not a hex digit`, hexAdvice)
    }
    for (let digit = 0; digit < digits.length; digit += 2)
      bytes.push(Number.parseInt(digits.slice(digit, digit + 2), 16))
    at = end
  }
}

const base64Advice = "Base64 is A-Z a-z 0-9 + / (or - _), with or without = at the end."
const base64Values = new Map([
  ...[..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].map(
    (character, value) => [character, value] as const,
  ),
  ["-", 62],
  ["_", 63],
] as const)

/**
 * Reads base64 (RFC 4648) in either alphabet, with or without padding, also on several lines.
 *
 * @example
 * import { Either } from "effect"
 * import { Assistant } from "tcpfx/domain"
 *
 * assert.deepEqual(Assistant.readBase64("AQM"), Either.right(Uint8Array.of(1, 3)))
 */
export const readBase64 = (text: string): Either.Either<Uint8Array, Refusal> => {
  const bytes: Array<number> = []
  let bits = 0
  let held = 0
  let digits = 0
  let padding = 0
  let last = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string
    if (/\s/.test(character)) continue
    if (character === "=") {
      padding++
      // Padding completes the last group of four digits.
      if (digits % 4 < 2 || (digits % 4) + padding > 4) return bad(text, at, "= is misplaced", base64Advice)
      continue
    }
    const value = base64Values.get(character)
    if (value === undefined) return bad(text, at, `${shown(text, at)} is not a base64 digit`, base64Advice)
    if (padding > 0) return bad(text, at, "a digit follows the padding", base64Advice)
    digits++
    last = at
    held = ((held << 6) | value) & 0xfff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes.push((held >> bits) & 0xff)
  }
  if (digits % 4 === 1) return bad(text, last, "the last digit is less than a byte", base64Advice)
  if (padding > 0 && (digits + padding) % 4 !== 0) {
    return bad(text, text.length, "the padding is incomplete", base64Advice)
  }
  return Either.right(Uint8Array.from(bytes))
}
