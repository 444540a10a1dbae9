import * as Effect from "effect/Effect"
import { escapeControls } from "../../domain/index.ts"
import { Stdio } from "./stdio.ts"

/** One line on standard error, in which no text of others (a path, a name, a peer's words) can control the terminal. */
export const tellLine = (text: string): string => `tcpfx: ${escapeControls(text)}\n`

/** Tells the user something in one line on standard error. */
export const tell = (text: string): Effect.Effect<void, never, Stdio> =>
  Effect.map(Stdio, (stdio) => stdio.say(tellLine(text)))
