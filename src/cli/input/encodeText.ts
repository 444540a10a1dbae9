import * as Either from "effect/Either"
import type * as Assistant from "../../domain/assistant/index.ts"
import { readEscape } from "../../domain/escapes.ts"
import { parseEscapes } from "../../domain/index.ts"
import { begunTail, characterLength } from "../../domain/utf8.ts"

interface Problem {
  readonly message: string
}

/** The character at an offset, in quotation marks. */
const characterAt = (text: string, at: number): string =>
  JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))

/** Encodes a text. Refuses a character that the encoding lacks. */
export const encodeText = (text: string, coder: Assistant.TextCoder): Either.Either<Uint8Array, Problem> =>
  Either.mapLeft(coder.encode(text), (at) => ({ message: `${coder.name} has no character ${characterAt(text, at)}` }))

/** Encodes a text with escapes. A byte `\xHH` is the same in every encoding. */
export const encodeEscapes = (text: string, coder: Assistant.TextCoder): Either.Either<Uint8Array, Problem> =>
  Either.gen(function* () {
    yield* parseEscapes(text)
    const parts: Array<Uint8Array> = []
    let pending = ""
    const flush = () =>
      Either.map(encodeText(pending, coder), (bytes) => {
        parts.push(bytes)
        pending = ""
      })
    for (let at = 0; at < text.length; ) {
      const found = text[at] === "\\" ? readEscape(text, at) : undefined
      if (found === undefined) {
        pending += text[at++]
        continue
      }
      if (found.isByte) {
        yield* flush()
        parts.push(Uint8Array.of(found.code))
      } else pending += String.fromCodePoint(found.code)
      at += found.length
    }
    yield* flush()
    return Buffer.concat(parts)
  })

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true })
const none = new Uint8Array(0)

/**
 * Encodes a stream of text in UTF-8 in another encoding. Bytes that are not UTF-8 stay as they are. A character that the
 * encoding lacks becomes `?`.
 */
export class EncodedText {
  private readonly coder: Assistant.TextCoder
  private readonly onLacking: (problem: string) => void
  private held: Uint8Array = none

  /** `onLacking` reports the first character of a chunk that the encoding lacks. */
  constructor(coder: Assistant.TextCoder, onLacking: (problem: string) => void) {
    this.coder = coder
    this.onLacking = onLacking
  }

  /** Encodes the next chunk. An incomplete character at its end waits for the next chunk. */
  push(chunk: Uint8Array): Uint8Array {
    const bytes = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk])
    const whole = bytes.length - begunTail(bytes)
    this.held = whole === bytes.length ? none : new Uint8Array(bytes.subarray(whole))
    const parts: Array<Uint8Array> = []
    let begin = 0
    let at = 0
    while (at < whole) {
      const length = characterLength(bytes, at)
      if (length > 0) {
        at += length
        continue
      }
      parts.push(...this.encode(utf8.decode(bytes.subarray(begin, at))), bytes.subarray(at, at + 1))
      at++
      begin = at
    }
    parts.push(...this.encode(utf8.decode(bytes.subarray(begin, whole))))
    return Buffer.concat(parts)
  }

  /** Ends the stream. Returns the bytes of an incomplete character. */
  end(): Uint8Array {
    const { held } = this
    this.held = none
    return held
  }

  private encode(text: string): ReadonlyArray<Uint8Array> {
    if (text === "") return []
    const encoded = this.coder.encode(text)
    if (Either.isRight(encoded)) return [encoded.right]
    this.onLacking(`${this.coder.name} has no character ${characterAt(text, encoded.left)}; "?" is sent for it`)
    return Array.from(text, (character) =>
      Either.getOrElse(
        Either.orElse(this.coder.encode(character), () => this.coder.encode("?")),
        () => none,
      ),
    )
  }
}
