import * as Effect from "effect/Effect"
import * as Assistant from "../../domain/assistant/index.ts"
import { compileRegex } from "./linearRegex.ts"

/** Makes the match of a rule ready. A frame of a peer must not keep an expression busy for hours. */
export const ruleMatcher = (match: Assistant.Match): Effect.Effect<Assistant.FrameMatcher, Assistant.Refusal> =>
  match._tag === "Regex"
    ? Effect.map(
        compileRegex(match.source, { field: "match", ignoreCase: match.ignoreCase }),
        (regex): Assistant.FrameMatcher =>
          (_frame, text) =>
            regex.exec(text()),
      )
    : Assistant.compileMatch(match)
