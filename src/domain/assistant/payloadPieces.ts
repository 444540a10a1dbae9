import * as Either from "effect/Either"
import { knownEscapes, readEscape } from "../escapes.ts"
import type { PayloadSpec } from "./Payload.ts"
import type { Refusal } from "./Refusal.ts"
import { characterNumber, refuse } from "./refuse.ts"
import { checkVariable, variableForms } from "./variables.ts"

/** A part of a written text. `at` is its offset in the text. */
type Piece = { readonly at: number } & (
  | { readonly _tag: "Text"; readonly text: string; readonly escaped: boolean }
  | { readonly _tag: "Byte"; readonly byte: number }
  | { readonly _tag: "Variable"; readonly name: string; readonly argument: string | undefined }
)

const bad = (text: string, at: number, problem: string, advice: string): Either.Either<never, Refusal> =>
  refuse("payload", `${problem}, at character ${characterNumber(text, at)}`, { at, advice, field: "content" })

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
    const written = /^\$\{([^}:]*)(?::([^}]*))?\}/.exec(rest)
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
 * Returns the names of the variables in a payload, each once. With `client.id`, `client.ip` … the payload differs
 * between clients. The list is empty if the payload is invalid.
 */
export const variablesIn = (spec: PayloadSpec): ReadonlyArray<string> => {
  const pieces = hasPieces(spec) ? Either.getOrElse(readPieces(spec.content), () => []) : []
  return [...new Set(pieces.flatMap((piece) => (piece._tag === "Variable" ? [piece.name] : [])))]
}
