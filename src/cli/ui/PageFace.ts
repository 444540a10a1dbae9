import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Assistant } from "../../assistant/Assistant.ts"
import type { Transport } from "../../transport/index.ts"
import type { UiOptions } from "../commands/ui.ts"
import type { PageFlagValues } from "../flags/pageFlags.ts"
import type { CommandFailed } from "../process/exit.ts"
import type { OutputClosed, OutputFailed } from "../process/outputErrors.ts"
import type { Signals } from "../process/signals.ts"
import type { Stdio } from "../process/stdio.ts"

/** The services of a command. */
export type CommandServices = FileSystem.FileSystem | Path.Path | Signals | Stdio | Transport

/** Serves the page over the assistant of a running command until the scope closes. */
export type AttachPage = (
  assistant: Assistant,
  attachedTo: "serve" | "connect",
) => Effect.Effect<void, CommandFailed, CommandServices | Scope.Scope>

/**
 * The functions of the page that the commands call. Only the bundle `dist/cli/ui.cjs` includes the code of the page.
 */
export interface PageFace {
  /** Runs `tcpfx ui`. Returns the exit code. */
  readonly runUi: (
    options: UiOptions,
  ) => Effect.Effect<number, CommandFailed | OutputClosed | OutputFailed, CommandServices>
  /** Reads the files that the flags of the page name, before the command listens or connects. */
  readonly prepare: (flags: PageFlagValues) => Effect.Effect<AttachPage, CommandFailed, CommandServices>
}
