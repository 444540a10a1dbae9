import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Assistant, Workspace } from "../../assistant/index.ts"
import { Transport } from "../../transport/index.ts"
import { usageError } from "../exit.ts"
import { tell } from "../tell.ts"
import { windowsOf } from "./assistants.ts"
import type { PageFlagValues } from "./flags.ts"
import { startProject, withoutRepeats } from "./project.ts"
import { servePage } from "./servePage.ts"

/** Serves the page over the assistant of a running command, as a tab that cannot be closed, until the scope closes. */
export const attach = (assistant: Assistant, attachedTo: "serve" | "connect", flags: PageFlagValues) =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const start = yield* startProject(flags.project)
    const project = withoutRepeats(start.project)
    // Further windows have no `quit`: the command is ended in its terminal, or in its own window.
    const { open } = yield* windowsOf({ frame: Option.none(), maxFrame: Option.none(), project })
    const workspace = yield* Workspace.make({
      open: (kind) => Effect.provideService(open(kind), Transport, transport),
    })
    yield* workspace.attach(assistant)
    yield* Effect.mapError(
      assistant.loadProject(assistant.kind === "server" ? start.project : project),
      ({ message }) => usageError(message),
    )
    const addresses = yield* servePage(workspace, attachedTo, flags, start)
    yield* Effect.forEach(addresses, (address) => tell(`the page is at ${address}`), { discard: true })
  })
