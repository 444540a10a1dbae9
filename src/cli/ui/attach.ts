import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Assistant, Workspace } from "../../assistant/index.ts"
import type { Project } from "../../assistant/projectFile.ts"
import { Transport } from "../../transport/index.ts"
import { usageError } from "../exit.ts"
import { tell } from "../tell.ts"
import { windowsOf } from "./assistants.ts"
import type { PageFlagValues } from "./flags.ts"
import { startProject } from "./project.ts"
import { servePage } from "./servePage.ts"

/** Gives a project to an assistant that was made without it: a server takes all of it, a client the macros. */
const takeProject = ({ execute, kind }: Assistant, { macros, repeats, rules }: Project) => {
  const forServers = kind === "server" ? [...rules.map((rule) => ({ _tag: "AddRule", rule }) as const), ...repeats] : []
  const commands = [...macros.map((macro) => ({ _tag: "SaveMacro", macro }) as const), ...forServers]
  return Effect.forEach(commands, execute, { discard: true })
}

/** Serves the page over the assistant of a running command, as a tab that cannot be closed, until the scope closes. */
export const attach = (assistant: Assistant, attachedTo: "serve" | "connect", flags: PageFlagValues) =>
  Effect.gen(function* () {
    const transport = yield* Transport
    // Further windows have no `quit`: the command is ended in its terminal, or in its own window.
    const start = yield* startProject(flags.project)
    const { open } = yield* windowsOf({ frame: Option.none(), maxFrame: Option.none(), project: start.project })
    const workspace = yield* Workspace.make({
      open: (kind) => Effect.provideService(open(kind), Transport, transport),
    })
    yield* workspace.attach(assistant)
    yield* Effect.mapError(takeProject(assistant, start.project), ({ message }) => usageError(message))
    const addresses = yield* servePage(workspace, attachedTo, flags, start)
    yield* Effect.forEach(addresses, (address) => tell(`the page is at ${address}`), { discard: true })
  })
