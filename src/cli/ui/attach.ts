import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Assistant, Workspace } from "../../assistant/index.ts"
import { Transport } from "../../transport/index.ts"
import type { PageFlagValues } from "../flags/pageFlags.ts"
import { usageError } from "../process/exit.ts"
import { tell } from "../process/tell.ts"
import { windowsOf } from "./assistants.ts"
import { joined, withoutRepeats } from "./project.ts"
import { type PreparedPage, preparePage, servePage } from "./servePage.ts"

/** Serves the page over the assistant of a running command, as a tab that cannot be closed, until the scope closes. */
const attach = (prepared: PreparedPage, assistant: Assistant, attachedTo: "serve" | "connect") =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const whole = prepared.start.project
    const project = withoutRepeats(whole)
    // Other windows have no `quit`: only the terminal and the window of the command end the command.
    const { open } = yield* windowsOf({ frame: Option.none(), maxFrame: Option.none(), project })
    const workspace = yield* Workspace.make({
      open: (kind, settings) => Effect.provideService(open(kind, settings), Transport, transport),
    })
    yield* workspace.attach(assistant)
    const own = yield* assistant.project
    yield* Effect.mapError(
      assistant.loadProject(joined(own, assistant.kind === "server" ? whole : project)),
      ({ message }) => usageError(message),
    )
    const addresses = yield* servePage(workspace, attachedTo, prepared)
    yield* Effect.forEach(addresses, (address) => tell(`the page is at ${address}`), { discard: true })
  })

/** Reads the files that the flags of the page name. Returns a function that serves the page over an assistant. */
export const prepare = (flags: PageFlagValues) =>
  Effect.map(
    preparePage(flags),
    (prepared) => (assistant: Assistant, attachedTo: "serve" | "connect") => attach(prepared, assistant, attachedTo),
  )
