import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Assistant, ClientAssistant, ServerAssistant } from "../../assistant/index.ts"
import type { Project } from "../../assistant/projectFile.ts"
import * as Domain from "../../domain/assistant/index.ts"
import type { SettingsError } from "../../domain/index.ts"
import { ServerConfig } from "../../server/index.ts"
import type { Transport } from "../../transport/index.ts"
import type { UiOptions } from "../commands/ui.ts"
import { environmentError, given } from "../flags/given.ts"
import { connectionRoom } from "../process/openFiles.ts"

/** Makes the assistant of a new window. */
export type OpenWindow = (kind: Assistant["kind"]) => Effect.Effect<Assistant, Domain.Refusal, Scope.Scope | Transport>

const refused = (error: SettingsError | Domain.Refusal): Domain.Refusal =>
  error._tag === "Refusal" ? error : new Domain.Refusal({ reason: "value", message: error.message })

const settingsOf = (options: Pick<UiOptions, "frame" | "maxFrame">) =>
  Effect.gen(function* () {
    const { listen: _, ...serverFields } = ServerConfig.fields
    const framing = {
      frame: yield* given(options.frame, serverFields.frame),
      maxFrame: yield* given(options.maxFrame, serverFields.maxFrame),
    }
    return {
      server: { ...(yield* Effect.all(serverFields)), ...framing },
      client: framing,
    }
  })

/** How windows are made. */
export interface WindowOptions extends Pick<UiOptions, "frame" | "maxFrame"> {
  /** Rules and macros that each window begins with. */
  readonly project: Project
  /** What `quit` and `drain` do. Default: they are refused. */
  readonly leave?: Effect.Effect<void>
}

/** How windows are made: with the settings of the flags and of the environment. */
export const windowsOf = (options: WindowOptions) =>
  Effect.gen(function* () {
    const { client, server } = yield* Effect.mapError(settingsOf(options), environmentError)
    const room = yield* connectionRoom(server.maxConns)
    const { leave, project } = options
    const common = { project, ...(leave === undefined ? {} : { leave }) }
    const open: OpenWindow = (kind) =>
      kind === "server"
        ? Effect.mapError(ServerAssistant.make({ ...common, settings: { ...server, maxConns: room.most } }), refused)
        : Effect.mapError(ClientAssistant.make({ ...common, settings: client }), refused)
    return { open, note: room.note }
  })
