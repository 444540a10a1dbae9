import * as Either from "effect/Either"
import { Refusal } from "./Refusal.ts"

/** What a refusal says beside its reason and its message. */
type More = Partial<Pick<Refusal, "advice" | "at" | "field">>

/** A refusal as a value. */
export const refuse = (reason: Refusal["reason"], message: string, more: More = {}): Either.Either<never, Refusal> =>
  Either.left(new Refusal({ reason, message, ...more }))

/** The number of the character at an offset of a text, as people count: from 1, a surrogate pair being one. */
export const characterNumber = (text: string, at: number): number => [...text.slice(0, at)].length + 1
