import * as Effect from "effect/Effect"
import * as Assistant from "../domain/assistant/index.ts"
import { ruleMatcher } from "./internal/ruleMatcher.ts"

/**
 * Tries a match with a sample, as a rule would try it with a frame. The sample is text in UTF-8, or hex for a match in hex.
 * Gives the captures, the whole match first; nothing where the sample does not match.
 */
export const tryMatch = (
  match: Assistant.Match,
  sample: string,
): Effect.Effect<ReadonlyArray<string> | undefined, Assistant.Refusal> =>
  Effect.gen(function* () {
    const matches = yield* ruleMatcher(match)
    const frame = match._tag === "Hex" ? yield* Assistant.readHex(sample) : new TextEncoder().encode(sample)
    return matches(frame, () => sample)
  })
