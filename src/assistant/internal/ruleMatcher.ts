import * as Effect from "effect/Effect"
import * as Assistant from "../../domain/assistant/index.ts"
import { compileRegex } from "./linearRegex.ts"

/** Compiles the match of a rule. Matching takes linear time, so a frame of a peer cannot block the process. */
export const ruleMatcher = (match: Assistant.Match): Effect.Effect<Assistant.FrameMatcher, Assistant.Refusal> =>
  match._tag === "Regex"
    ? Effect.map(
        compileRegex(match.source, { field: "match", ignoreCase: match.ignoreCase }),
        (regex): Assistant.FrameMatcher =>
          (_frame, text) =>
            regex.exec(text()),
      )
    : Assistant.compileMatch(match)
