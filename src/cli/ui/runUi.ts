import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { Workspace } from "../../assistant/index.ts"
import type * as Domain from "../../domain/assistant/index.ts"
import { Transport } from "../../transport/index.ts"
import type { UiOptions } from "../commands/ui.ts"
import { refuseArguments } from "../flags/flag.ts"
import { exitCode, signalExitCode, usageError } from "../process/exit.ts"
import { Signals } from "../process/signals.ts"
import { Stdio } from "../process/stdio.ts"
import { tell } from "../process/tell.ts"
import { windowsOf } from "./assistants.ts"
import { withoutRepeats } from "./project.ts"
import { preparePage, servePage } from "./servePage.ts"

const asUsage = ({ message }: Domain.Refusal) => usageError(message)

/** Runs `tcpfx ui`. Returns the exit code. */
export const runUi = (options: UiOptions) =>
  Effect.gen(function* () {
    yield* refuseArguments("ui", options.args)
    const signals = yield* Signals
    const stdio = yield* Stdio
    const transport = yield* Transport
    const asked = yield* Deferred.make<void>()
    const prepared = yield* signals.unlessEnded(preparePage(options))
    const { project } = prepared.start
    const leave = Effect.asVoid(Deferred.succeed(asked, undefined))
    const { note, open } = yield* windowsOf({ ...options, project: withoutRepeats(project), leave })
    const workspace = yield* Workspace.make({
      open: (kind, settings) => Effect.provideService(open(kind, settings), Transport, transport),
    })
    // The page begins with one window of each kind.
    const { tab } = yield* Effect.mapError(workspace.open("server"), asUsage)
    yield* Effect.mapError(workspace.open("client"), asUsage)
    const { loadProject } = yield* Effect.mapError(workspace.get(tab), asUsage)
    yield* Effect.mapError(loadProject(project), asUsage)
    const addresses = yield* signals.unlessEnded(servePage(workspace, "ui", prepared))
    yield* stdio.writeLines(addresses.map((address) => `${address}\n`).join(""))
    if (note !== undefined) yield* tell(note)
    yield* tell(
      `the page is served at the ${addresses.length > 1 ? "addresses" : "address"} above; Ctrl-C closes all its connections and ends tcpfx`,
    )
    const signal = yield* Effect.raceFirst(signals.first, Effect.as(Deferred.await(asked), undefined))
    return signal === undefined ? exitCode.ok : signalExitCode[signal]
  }).pipe(
    Effect.scoped,
    Effect.catchTag("EndedBySignal", ({ signal }) => Effect.succeed(signalExitCode[signal])),
  )
