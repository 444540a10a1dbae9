import * as Effect from "effect/Effect"
import * as Assistant from "../domain/assistant/index.ts"
import { ruleMatcher } from "./internal/ruleMatcher.ts"

/**
 * Tests a match against a sample, as a rule would test a frame. The sample is UTF-8 text, or hex for a hex match.
 * Returns the captures, with the whole match first, or `undefined` if the sample does not match.
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
