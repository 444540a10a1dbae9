import * as Either from "effect/Either"
import type { Refusal } from "./Refusal.ts"
import { characterNumber, refuse } from "./refuse.ts"

const bad = (text: string, at: number, problem: string, advice: string): Either.Either<never, Refusal> =>
  refuse("payload", `${problem}, at character ${characterNumber(text, at)}`, { at, advice, field: "content" })

/** The character at an offset as a message shows it. */
const shown = (text: string, at: number): string => JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))

const hexAdvice = "Hex is two digits a byte: 01 03, 0x01,0x03, 01:03, 0103 or \\x01\\x03."

// What stands between bytes where people copy them from: terminals, sources, sniffers.
const separators = /[\s,;:_\-|{}[\]]+/y
const byteRun = /(?:0[xX]|\\x)?([0-9a-fA-F]+)/y

/**
 * Reads bytes in hex as people paste them: `01 03`, `0x01,0x03`, `01:03`, `0103`, `\x01\x03`, over several lines too.
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
      return bad(text, at, `${shown(text, at)} is no hex digit`, hexAdvice)
    }
    const end = at + run[0].length
    if (digits.length % 2 === 1) {
      const next = text[end]
      // `0x01x03`: the digits stop in the middle of a byte because of what follows them.
      return next === undefined || /[\s,;:_\-|{}[\]]/.test(next)
        ? bad(text, end - 1, `a digit is missing beside ${text[end - 1]}`, hexAdvice)
        : bad(text, end, `${shown(text, end)} is no hex digit`, hexAdvice)
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
 * Reads base64 (RFC 4648) of either alphabet, with padding or without, over several lines too.
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
      // Padding fills the last group of four digits.
      if (digits % 4 < 2 || (digits % 4) + padding > 4) return bad(text, at, "= has no place there", base64Advice)
      continue
    }
    const value = base64Values.get(character)
    if (value === undefined) return bad(text, at, `${shown(text, at)} is no base64 digit`, base64Advice)
    if (padding > 0) return bad(text, at, "a digit stands behind the padding", base64Advice)
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
    return bad(text, text.length, "the padding is not complete", base64Advice)
  }
  return Either.right(Uint8Array.from(bytes))
}
