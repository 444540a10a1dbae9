import * as Effect from "effect/Effect"
import type { runServe } from "./commands/runServe.ts"
import type { connectConsole } from "./console/connectConsole.ts"
import type { PageFace } from "./ui/PageFace.ts"

/**
 * The parts of the command that only some bundles include, so that a command line does not load code that it never
 * runs. `dist/cli/tcpfx.cjs` has no such part, `serve.cjs` has the server and the console, and `ui.cjs` has all parts.
 * `bin/tcpfx.cjs` chooses a bundle.
 */
export interface CommandParts {
  readonly runServe: typeof runServe
  /** Runs `tcpfx connect` in a terminal. Without it, `connect` shows plain lines. */
  readonly connectConsole: typeof connectConsole | undefined
  readonly page: PageFace
}

const absent = () => Effect.dieMessage("this bundle lacks a part of the command; bin/tcpfx.cjs chose the wrong bundle")

/** The page in a bundle that does not include the page. */
export const noPage: PageFace = { runUi: absent, prepare: absent, makeWindow: absent }

/** The server and the console in a bundle without an assistant. */
export const noAssistant: Pick<CommandParts, "runServe" | "connectConsole"> = {
  runServe: absent,
  connectConsole: undefined,
}
