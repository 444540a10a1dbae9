import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import {
  type Assistant,
  ClientAssistant,
  readClientSettings,
  readServerSettings,
  ServerAssistant,
} from "../../assistant/index.ts"
import type { Project } from "../../assistant/projectFile.ts"
import * as Domain from "../../domain/assistant/index.ts"
import type { SettingsError } from "../../domain/index.ts"
import { ServerConfig } from "../../server/index.ts"
import type { Transport } from "../../transport/index.ts"
import type { UiOptions } from "../commands/ui.ts"
import { environmentError, given } from "../flags/given.ts"
import { checkFrameSize } from "../flags/sharedFlags.ts"
import { connectionRoom } from "../process/openFiles.ts"

/** Makes the assistant of a new window. The settings of the window override the settings of the command. */
export type OpenWindow = (
  kind: Assistant["kind"],
  settings: Domain.WindowSettings,
) => Effect.Effect<Assistant, Domain.Refusal, Scope.Scope | Transport>

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

const tooMany = (message: string): Domain.Refusal =>
  new Domain.Refusal({ reason: "limit", message: message.replace(/^--max-conns: /, ""), field: "maxConns" })

/** The settings of new windows. */
export interface WindowOptions extends Pick<UiOptions, "frame" | "maxFrame"> {
  /** The initial rules and macros of each window. */
  readonly project: Project
  /** The effect of `quit` and `drain`. By default, windows refuse these commands. */
  readonly leave?: Effect.Effect<void>
}

/** Returns a function that makes windows with the settings of the flags and the environment. */
export const windowsOf = (options: WindowOptions) =>
  Effect.gen(function* () {
    const { client, server } = yield* Effect.mapError(settingsOf(options), environmentError)
    yield* checkFrameSize(client)
    const room = yield* connectionRoom(server.maxConns)
    const { leave, project } = options
    const common = { project, ...(leave === undefined ? {} : { leave }) }
    const openServer = (wanted: Domain.WindowSettings) =>
      Effect.gen(function* () {
        const own = yield* readServerSettings(wanted)
        const { most } =
          own.maxConns === undefined
            ? room
            : yield* Effect.mapError(connectionRoom(own.maxConns), ({ message }) => tooMany(message))
        const assistant = yield* ServerAssistant.make({ ...common, settings: { ...server, ...own, maxConns: most } })
        // The end of a server resets connections with unsent bytes. A window ends at Ctrl-C, or when its tab is closed.
        yield* Effect.addFinalizer(() => assistant.server.drain)
        return assistant
      })
    const openClient = (wanted: Domain.WindowSettings) =>
      Effect.gen(function* () {
        const { settings, tlsOptions } = yield* readClientSettings(wanted)
        return yield* ClientAssistant.make({ ...common, settings: { ...client, ...settings }, tlsOptions })
      })
    const open: OpenWindow = (kind, wanted) =>
      kind === "server" ? Effect.mapError(openServer(wanted), refused) : Effect.mapError(openClient(wanted), refused)
    return { open, note: room.note }
  })
