import * as Effect from "effect/Effect"
import type { runServe } from "./commands/runServe.ts"
import type { PageFace } from "./ui/PageFace.ts"

/**
 * The parts of the command that not every bundle has, so that a command line loads no code that it does not need:
 * `dist/cli/tcpfx.cjs` has none of them, `serve.cjs` has the server, and `ui.cjs` has all. `bin/tcpfx.cjs` chooses.
 */
export interface CommandParts {
  readonly runServe: typeof runServe
  readonly page: PageFace
}

const absent = () => Effect.dieMessage("this bundle does not have that part; bin/tcpfx.cjs chose the wrong one")

/** Stands for the page in a bundle without it. */
export const noPage: PageFace = { runUi: absent, prepare: absent, makeWindow: absent }

/** Stands for the server in a bundle without it. */
export const noServer: Pick<CommandParts, "runServe"> = { runServe: absent }
