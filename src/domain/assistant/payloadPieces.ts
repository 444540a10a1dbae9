import * as Either from "effect/Either"
import { knownEscapes, readEscape } from "../escapes.ts"
import type { PayloadSpec } from "./Payload.ts"
import { readHex } from "./pastedBytes.ts"
import type { Refusal } from "./Refusal.ts"
import { characterNumber, refuse } from "./refuse.ts"
import { byteRange, checkVariable, variableForms } from "./variables.ts"

/** A part of a written text. `at` is its offset in the text. */
type Piece = { readonly at: number } & (
  | { readonly _tag: "Text"; readonly text: string; readonly escaped: boolean }
  | { readonly _tag: "Byte"; readonly byte: number }
  | { readonly _tag: "Variable"; readonly name: string; readonly argument: string | undefined }
)

const variableForm = /^\$\{([^}:]*)(?::([^}]*))?\}/

const bad = (text: string, at: number, problem: string, advice: string): Either.Either<never, Refusal> =>
  refuse("payload", `${problem}, at character ${characterNumber(text, at)}`, { at, advice, field: "content" })

const hexVariable = "A variable of hex is \x24{bytes:12-13}."

const itself = "write \\x24{ for a literal ${"

/** Splits a text into literal text, escapes and variables. */
export const readPieces = (content: string): Either.Either<ReadonlyArray<Piece>, Refusal> => {
  const pieces: Array<Piece> = []
  let at = 0
  while (at < content.length) {
    const rest = content.slice(at)
    const next = rest.search(/\\|\$\{/)
    if (next !== 0) {
      const text = next < 0 ? rest : rest.slice(0, next)
      pieces.push({ _tag: "Text", at, text, escaped: false })
      at += text.length
      continue
    }
    if (content[at] === "\\") {
      const found = readEscape(content, at)
      if (found === undefined) {
        const advice = `Escapes: ${knownEscapes}. Without escapes (escapes=off) a backslash is literal.`
        return bad(content, at, "the escape is unknown or incomplete", advice)
      }
      pieces.push(
        found.isByte
          ? { _tag: "Byte", at, byte: found.code }
          : { _tag: "Text", at, text: String.fromCodePoint(found.code), escaped: true },
      )
      at += found.length
      continue
    }
    const written = variableForm.exec(rest)
    if (written === null) {
      return bad(content, at, "the variable is not closed", `A variable is \${NAME}; ${itself}.`)
    }
    const [whole, name = "", argument] = written
    const problem = checkVariable(name, argument)
    if (problem !== undefined) {
      return bad(content, at, problem, `Variables: ${variableForms.join(" ")}; ${itself}.`)
    }
    pieces.push({ _tag: "Variable", at, name, argument })
    at += whole.length
  }
  return Either.right(pieces)
}

/** Whether a payload can have escapes and variables. */
export const hasPieces = (spec: PayloadSpec): boolean => spec.form === "text" && spec.escapes !== false

/**
 * Splits a payload in hex into bytes and variables. The only variable in hex is `${bytes:…}`, because the values of the
 * other variables are texts.
 */
export const readHexPieces = (content: string): Either.Either<ReadonlyArray<HexPiece>, Refusal> =>
  Either.gen(function* () {
    const pieces: Array<HexPiece> = []
    for (let at = 0; at < content.length; ) {
      const next = content.indexOf("${", at)
      const end = next === -1 ? content.length : next
      const bytes = readHex(content.slice(at, end))
      // With the padding, the offset in a refusal is an offset in the whole content.
      const digits = Either.isRight(bytes) ? bytes.right : yield* readHex(content.slice(at, end).padStart(end))
      pieces.push({ _tag: "Bytes", bytes: digits })
      if (next === -1) break
      const written = variableForm.exec(content.slice(next))
      if (written === null) {
        return yield* bad(content, next, "the variable is not closed", hexVariable)
      }
      const [whole, name = "", argument] = written
      const problem = name === "bytes" ? checkVariable(name, argument) : `\${${name}} is a text, and cannot be in hex`
      if (problem !== undefined) {
        return yield* bad(content, next, problem, hexVariable)
      }
      pieces.push({ _tag: "Variable", at: next, name, argument })
      at = next + whole.length
    }
    return pieces
  })

type VariablePiece = Extract<Piece, { readonly _tag: "Variable" }>

/** A part of a payload in hex. */
export type HexPiece = { readonly _tag: "Bytes"; readonly bytes: Uint8Array } | VariablePiece

/** Returns the variables in a payload. The list is empty if the payload is invalid. */
const variablePieces = (spec: PayloadSpec): ReadonlyArray<VariablePiece> => {
  const isHex = spec.form === "hex" && spec.content.includes("${")
  const pieces: Either.Either<ReadonlyArray<Piece | HexPiece>, Refusal> = hasPieces(spec)
    ? readPieces(spec.content)
    : isHex
      ? readHexPieces(spec.content)
      : Either.right([])
  return Either.getOrElse(pieces, (): ReadonlyArray<Piece | HexPiece> => []).filter(
    (piece): piece is VariablePiece => piece._tag === "Variable",
  )
}

/**
 * Returns the names of the variables in a payload, each once. A payload with `client.id`, `client.ip` … differs between
 * clients. The list is empty if the payload is invalid.
 */
export const variablesIn = (spec: PayloadSpec): ReadonlyArray<string> => [
  ...new Set(variablePieces(spec).map(({ name }) => name)),
]

/** Returns the number of bytes at the front of a matched frame that a payload needs for `${bytes:…}`. */
export const frameBytesIn = (spec: PayloadSpec): number =>
  variablePieces(spec).reduce(
    (most, { argument, name }) => (name === "bytes" ? Math.max(most, (byteRange(argument)?.last ?? -1) + 1) : most),
    0,
  )
