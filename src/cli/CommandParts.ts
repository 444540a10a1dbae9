import * as Effect from "effect/Effect"
import type { AssistedConnect } from "./automation/assistedConnect.ts"
import type { runServe } from "./commands/runServe.ts"
import type { WatchFace } from "./top/WatchFace.ts"
import type { PageFace } from "./ui/PageFace.ts"

/**
 * The parts of the command that only some bundles include, so that a command line does not load code that it never
 * runs. `dist/cli/tcpfx.cjs` has no such part, `serve.cjs` has the server and the console, `ui.cjs` has these and the
 * page, and `ctl.cjs` has the commands for a running server. `bin/tcpfx.cjs` chooses a bundle.
 */
export interface CommandParts {
  readonly runServe: typeof runServe
  /** The parts of `tcpfx connect` with an assistant. Without them, `connect` shows plain lines and has no rules. */
  readonly assistedConnect: AssistedConnect | undefined
  readonly page: PageFace
  readonly watching: WatchFace
}

const absent = () => Effect.dieMessage("this bundle lacks a part of the command; bin/tcpfx.cjs chose the wrong bundle")

/** The stand-in for the page in a bundle without the page. */
export const noPage: PageFace = { runUi: absent, prepare: absent }

/** The stand-in for the commands for a running server in a bundle without them. */
export const noWatching: WatchFace = { runTop: absent, runCtl: absent }

/** The stand-ins for the server and the console in a bundle without an assistant. */
export const noAssistant: Pick<CommandParts, "runServe" | "assistedConnect"> = {
  runServe: absent,
  assistedConnect: undefined,
}
