import * as Effect from "effect/Effect"
import type { MessageLevel } from "./MessageLog.ts"
import { Stdio } from "./stdio.ts"

const at =
  (level: MessageLevel) =>
  (text: string): Effect.Effect<void, never, Stdio> =>
    Effect.map(Stdio, (stdio) => stdio.tell(level, text))

/** Writes one line for the user to standard error. */
export const tell = at("info")

/** {@link tell} for a loss, a refusal, or something that the user may not want. */
export const warn = at("warn")

/** {@link tell} for a failure. */
export const tellError = at("error")

/** {@link tell} for a detail that only `--log-level debug` shows. */
export const debug = at("debug")
