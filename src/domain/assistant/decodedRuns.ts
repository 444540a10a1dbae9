import * as Either from "effect/Either"
import { isPaired, safeStart } from "./safeStart.ts"
import type { TextCoder, TextStreamDecoder } from "./TextCoder.ts"

export const joined = (first: Uint8Array, second: Uint8Array): Uint8Array => {
  if (first.length === 0) return second
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

const none = new Uint8Array(0)
const replacement = "\ufffd"

/** A part of decoded bytes: text, or malformed bytes. */
export type DecodedRun = string | Uint8Array

/**
 * Decodes a frame of a stream in an encoding other than UTF-8. `before` contains the bytes of the stream directly before
 * the frame. A character that begins in `before` and ends in the frame is part of the result. An incomplete character
 * at the end of the frame is not.
 */
export const decodedRuns = (coder: TextCoder, before: Uint8Array, frame: Uint8Array): ReadonlyArray<DecodedRun> => {
  const head = before.subarray(safeStart(coder.name, before))
  const decoder = coder.decoder()
  const skipped = decoder.write(head)
  const text = decoder.write(frame)
  // The decoder replaces a malformed byte by U+FFFD, and does not report the offset of the byte.
  return text.includes(replacement) || skipped.includes(replacement) ? brokenRuns(coder, head, frame).runs : [text]
}

/** Decodes a frame that has malformed bytes. `held` is the number of bytes of an incomplete character at its end. */
const brokenRuns = (
  coder: TextCoder,
  head: Uint8Array,
  frame: Uint8Array,
): { readonly runs: ReadonlyArray<DecodedRun>; readonly held: number } => {
  const bytes = joined(head, frame)
  const runs: Array<DecodedRun> = []
  let begin = 0
  const decoder = coder.decoder()
  // The frame may contain an encoded U+FFFD, which is not malformed.
  const whole = Either.getOrElse(coder.encode(replacement), () => none)
  // The highest offset that the decoder has read. While it is less than `head.length`, each decoded character ended
  // before the frame. An earlier row shows such a character, so the result omits it.
  let reach = 0
  for (let at = 0; at < bytes.length; at++) {
    reach = Math.max(reach, at)
    const decoded = decoder.write(bytes.subarray(at, at + 1))
    if (decoded === "") continue
    const character = bytes.subarray(begin, at + 1)
    const isBroken = decoded.includes(replacement) && !sameBytes(character, whole)
    const length = isBroken ? brokenLength(coder.name, character) : character.length
    if (reach >= head.length) runs.push(isBroken ? character.subarray(0, length) : decoded)
    // `end` discards the bytes that the decoder holds. The loop continues directly after the malformed bytes, so the
    // decoder reads the bytes that follow them again.
    if (isBroken) decoder.end()
    begin += length
    at = begin - 1
  }
  return { runs, held: bytes.length - begin }
}

// A decoder keeps at most 3 bytes: of four bytes in GB 18030, or of a surrogate pair in UTF-16.
const mostHeld = 3

/**
 * Decodes a stream of bytes in an encoding other than UTF-8. It keeps an incomplete character until a later piece
 * completes the character.
 */
export class DecodedStream {
  private readonly coder: TextCoder
  private readonly decoder: TextStreamDecoder
  private held: Uint8Array = none

  constructor(coder: TextCoder) {
    this.coder = coder
    this.decoder = coder.decoder()
  }

  /** Decodes the next piece. */
  push(piece: Uint8Array): ReadonlyArray<DecodedRun> {
    const bytes = joined(this.held, piece)
    const { decoder } = this
    // The last bytes are decoded one by one. The bytes without a result at the end belong to an incomplete character.
    const split = Math.max(0, bytes.length - 2 * mostHeld)
    let text = decoder.write(bytes.subarray(0, split))
    let held = 0
    for (let at = split; at < bytes.length; at++) {
      const decoded = decoder.write(bytes.subarray(at, at + 1))
      held = decoded === "" ? held + 1 : 0
      text += decoded
    }
    decoder.end()
    const result = text.includes(replacement) ? brokenRuns(this.coder, none, bytes) : { runs: [text], held }
    this.held = result.held === 0 ? none : new Uint8Array(bytes.subarray(bytes.length - result.held))
    return result.runs
  }

  /** Whether the last piece ended with an incomplete character. */
  isHolding(): boolean {
    return this.held.length > 0
  }

  /** Ends the stream. Returns the bytes of an incomplete character. */
  end(): Uint8Array {
    const { held } = this
    this.held = none
    return held
  }
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39

/**
 * Returns how many of the bytes that a decoder replaced by one U+FFFD are malformed. The decoder must read the other
 * bytes again (Encoding Standard, chapters 10 to 13).
 */
const brokenLength = (encoding: string, bytes: Uint8Array): number => {
  if (isPaired(encoding)) return Math.min(2, bytes.length)
  const last = bytes[bytes.length - 1] as number
  // In a four-byte character of GB 18030, the second and the fourth byte are ASCII digits.
  if (bytes.length > 2 && isDigit(bytes[1])) return bytes.length === 4 && isDigit(last) ? 4 : 1
  return bytes.length > 1 && last < 0x80 ? bytes.length - 1 : bytes.length
}
