import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { Workspace, type WorkspaceService } from "../../assistant/index.ts"
import type { Project } from "../../assistant/projectFile.ts"
import type { Assistant as Domain } from "../../domain/index.ts"
import { Transport } from "../../transport/index.ts"
import type { UiOptions } from "../commands/ui.ts"
import { exitCode, signalExitCode, usageError } from "../exit.ts"
import { Signals } from "../signals.ts"
import { Stdio } from "../stdio.ts"
import { tell } from "../tell.ts"
import { windowsOf } from "./assistants.ts"
import { startProject } from "./project.ts"
import { servePage } from "./servePage.ts"

const asUsage = ({ message }: Domain.Refusal) => usageError(message)

/** Begins the repeats of the project in the first server's window, as its rules begin to answer there. */
const startRepeats = (workspace: WorkspaceService, tab: number | undefined, { repeats }: Project) =>
  tab === undefined
    ? Effect.void
    : Effect.flatMap(workspace.get(tab), ({ execute }) => Effect.forEach(repeats, execute, { discard: true })).pipe(
        Effect.mapError(asUsage),
      )

/** Runs `tcpfx ui`; gives the exit code. */
export const runUi = (options: UiOptions) =>
  Effect.gen(function* () {
    if (options.args.length > 0) {
      return yield* usageError(
        `tcpfx ui takes no arguments: ${options.args.map((arg) => JSON.stringify(arg)).join(" ")}`,
      )
    }
    const signals = yield* Signals
    const stdio = yield* Stdio
    const transport = yield* Transport
    const asked = yield* Deferred.make<void>()
    const start = yield* startProject(options.project)
    const leave = Effect.asVoid(Deferred.succeed(asked, undefined))
    const { note, open } = yield* windowsOf({ ...options, project: start.project, leave })
    const workspace = yield* Workspace.make({
      open: (kind) => Effect.provideService(open(kind), Transport, transport),
    })
    // One window of each kind to begin with.
    const kinds = ["server", "client"] as const
    const tabs = yield* Effect.forEach(kinds, (kind) => Effect.mapError(workspace.open(kind), asUsage))
    yield* startRepeats(workspace, tabs[0]?.tab, start.project)
    const addresses = yield* signals.unlessEnded(servePage(workspace, "ui", options, start))
    yield* stdio.writeLines(addresses.map((address) => `${address}\n`).join(""))
    if (note !== undefined) yield* tell(note)
    yield* tell("the page is served at the address above; Ctrl-C ends it and all its connections")
    const signal = yield* Effect.raceFirst(signals.first, Effect.as(Deferred.await(asked), undefined))
    return signal === undefined ? exitCode.ok : signalExitCode[signal]
  }).pipe(
    Effect.scoped,
    Effect.catchTag("EndedBySignal", ({ signal }) => Effect.succeed(signalExitCode[signal])),
  )
