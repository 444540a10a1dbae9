import * as Either from "effect/Either"
import { Refusal } from "./Refusal.ts"

/** The optional fields of a refusal. */
type More = Partial<Pick<Refusal, "advice" | "at" | "field">>

/** Makes a failed `Either` with a refusal. */
export const refuse = (reason: Refusal["reason"], message: string, more: More = {}): Either.Either<never, Refusal> =>
  Either.left(new Refusal({ reason, message, ...more }))

/** Returns the number of the character at an offset, from 1. A surrogate pair is one character. */
export const characterNumber = (text: string, at: number): number => [...text.slice(0, at)].length + 1
