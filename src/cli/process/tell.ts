import * as Effect from "effect/Effect"
import { escapeControls } from "../../domain/index.ts"
import { Stdio } from "./stdio.ts"

/**
 * A line for standard error, with control characters escaped: paths, names and peers' text must not control the
 * terminal.
 */
export const tellLine = (text: string): string => `tcpfx: ${escapeControls(text)}\n`

/** Writes one line for the user to standard error. */
export const tell = (text: string): Effect.Effect<void, never, Stdio> =>
  Effect.map(Stdio, (stdio) => stdio.say(tellLine(text)))
