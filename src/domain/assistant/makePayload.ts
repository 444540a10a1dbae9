import * as Either from "effect/Either"
import { ByteWriter } from "../ByteWriter.ts"
import { applyChecksum, findChecksum } from "./checksums.ts"
import type { LineEnding, PayloadSpec } from "./Payload.ts"
import { readBase64, readHex } from "./pastedBytes.ts"
import { hasPieces, readHexPieces, readPieces } from "./payloadPieces.ts"
import type { Refusal } from "./Refusal.ts"
import { characterNumber, refuse } from "./refuse.ts"
import type { TextCoder } from "./TextCoder.ts"

/** The inputs for making a payload. */
export interface PayloadSettings {
  /** The encoding of a text. */
  readonly coder: TextCoder
  /** Returns the value of a variable, or `undefined` if the variable has no value for this payload. */
  readonly variable: (name: string, argument: string | undefined) => string | Uint8Array | undefined
  /** The content of the file, for a payload of the form `file`. */
  readonly file: Uint8Array | undefined
}

/**
 * Converts a payload to bytes. The encoding, the line ending and the escapes apply only to text; a checksum applies to
 * every form.
 *
 * @example
 * import { Either } from "effect"
 * import { Assistant } from "tcpfx/domain"
 *
 * const settings = { coder: Assistant.utf8Coder, variable: () => undefined, file: undefined }
 * assert.deepEqual(
 *   Assistant.makePayload({ form: "hex", content: "01 03 00 0A 00 02", checksum: { kind: "modbus" } }, settings),
 *   Either.right(Uint8Array.of(0x01, 0x03, 0x00, 0x0a, 0x00, 0x02, 0xe4, 0x09)),
 * )
 */
export const makePayload = (spec: PayloadSpec, settings: PayloadSettings): Either.Either<Uint8Array, Refusal> =>
  Either.flatMap(plainPayload(spec, settings), (bytes) =>
    spec.checksum === undefined ? Either.right(bytes) : applyChecksum(bytes, spec.checksum),
  )

/**
 * Checks a payload before it is sent: digits, escapes, variables and the name of the checksum. {@link makePayload}
 * checks the encoding, a file and the range of a checksum.
 */
export const checkPayload = (spec: PayloadSpec): Either.Either<void, Refusal> =>
  Either.gen(function* () {
    if (spec.form === "hex") yield* readHexPieces(spec.content)
    if (spec.form === "base64") yield* readBase64(spec.content)
    if (hasPieces(spec)) yield* readPieces(spec.content)
    if (spec.checksum !== undefined) yield* findChecksum(spec.checksum.kind)
  })

const plainPayload = (spec: PayloadSpec, settings: PayloadSettings): Either.Either<Uint8Array, Refusal> => {
  switch (spec.form) {
    case "text":
      return Either.map(textBytes(spec, settings), (bytes) => withEnding(bytes, spec.ending ?? "none", settings.coder))
    case "hex":
      return hexBytes(spec.content, settings)
    case "base64":
      return readBase64(spec.content)
    case "file":
      return settings.file === undefined
        ? refuse("file", `the file ${JSON.stringify(spec.content)} was not read`, { field: "content" })
        : Either.right(settings.file)
  }
}

/** Returns the value of a variable. `at` is the offset of the variable in the content. */
const variableAt = (
  { argument, at, name }: { readonly at: number; readonly name: string; readonly argument: string | undefined },
  content: string,
  settings: PayloadSettings,
): Either.Either<string | Uint8Array, Refusal> => {
  const value = settings.variable(name, argument)
  if (value !== undefined) return Either.right(value)
  const written = argument === undefined ? name : `${name}:${argument}`
  const why = name === "bytes" ? ": the frame has fewer bytes, or there is none" : ""
  const message = `\${${written}} has no value here${why}, at character ${characterNumber(content, at)}`
  return refuse("payload", message, { at, field: "content" })
}

const hexBytes = (content: string, settings: PayloadSettings): Either.Either<Uint8Array, Refusal> =>
  content.includes("${")
    ? Either.gen(function* () {
        const out = new ByteWriter()
        for (const piece of yield* readHexPieces(content)) {
          const value = piece._tag === "Bytes" ? piece.bytes : yield* variableAt(piece, content, settings)
          if (typeof value !== "string") out.bytes(value)
        }
        return out.take()
      })
    : readHex(content)

const textBytes = (spec: PayloadSpec, settings: PayloadSettings): Either.Either<Uint8Array, Refusal> =>
  Either.gen(function* () {
    const { content } = spec
    if (!hasPieces(spec)) return yield* encoded(content, settings.coder, content, (offset) => offset)
    const out = new ByteWriter()
    for (const piece of yield* readPieces(content)) {
      switch (piece._tag) {
        case "Byte":
          out.byte(piece.byte)
          break
        case "Text":
          out.bytes(
            yield* encoded(piece.text, settings.coder, content, (offset) => piece.at + (piece.escaped ? 0 : offset)),
          )
          break
        case "Variable": {
          const value = yield* variableAt(piece, content, settings)
          out.bytes(typeof value === "string" ? yield* encoded(value, settings.coder, content, () => piece.at) : value)
        }
      }
    }
    return out.take()
  })

/** Encodes a part of the content. `placeOf` converts an offset in the part to an offset in the content. */
const encoded = (
  text: string,
  coder: TextCoder,
  content: string,
  placeOf: (offset: number) => number,
): Either.Either<Uint8Array, Refusal> => {
  const bytes = coder.encode(text)
  if (Either.isRight(bytes)) return Either.right(bytes.right)
  const at = placeOf(bytes.left)
  const code = text.codePointAt(bytes.left) ?? 0
  const point = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`
  const shown =
    code >= 0xd800 && code <= 0xdfff ? "half of a surrogate pair" : JSON.stringify(String.fromCodePoint(code))
  return refuse(
    "payload",
    `${shown} (${point}) cannot be encoded in ${coder.name}, at character ${characterNumber(content, at)}`,
    { at, field: "content", advice: "Choose another encoding, such as utf-8, or remove the character." },
  )
}

const endings: Readonly<Record<LineEnding, string>> = { none: "", lf: "\n", crlf: "\r\n", cr: "\r" }

const withEnding = (bytes: Uint8Array, ending: LineEnding, coder: TextCoder): Uint8Array => {
  if (ending === "none") return bytes
  const mark = markOf(coder, endings[ending])
  if (endsWith(bytes, mark, coder) || endsWith(bytes, markOf(coder, endings.crlf), coder)) return bytes
  const ended = new Uint8Array(bytes.length + mark.length)
  ended.set(bytes)
  ended.set(mark, bytes.length)
  return ended
}

// The encoding cannot fail, because every encoding contains CR and LF.
const markOf = (coder: TextCoder, text: string): Uint8Array =>
  Either.getOrElse(coder.encode(text), () => new Uint8Array(0))

const endsWith = (bytes: Uint8Array, mark: Uint8Array, coder: TextCoder): boolean => {
  const from = bytes.length - mark.length
  // In UTF-16, the bytes of a line ending at an odd offset are halves of two neighbouring characters.
  const isWhole = from >= 0 && from % markOf(coder, endings.lf).length === 0
  return isWhole && mark.every((byte, index) => bytes[from + index] === byte)
}
