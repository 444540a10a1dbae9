import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { ClientAssistant } from "../../assistant/ClientAssistant.ts"
import type { ClientService, ClientSettings, ReconnectSettings } from "../../client/index.ts"
import { type Endpoint, formatEndpoint } from "../../domain/index.ts"
import type { Automation } from "../automation/Automation.ts"
import { automate } from "../automation/automate.ts"
import type { PayloadForm } from "../input/PayloadForm.ts"
import { type Look, setEncoding } from "../output/Look.ts"
import { type CommandFailed, networkError, usageError } from "../process/exit.ts"
import type { AttachPage } from "../ui/PageFace.ts"
import { historyPath } from "./historyPath.ts"
import { runConsole } from "./runConsole.ts"
import { typedForm } from "./typedForm.ts"

/** The options of the console of `tcpfx connect`. */
export interface ConnectConsoleOptions {
  readonly settings: ClientSettings
  readonly automation: Automation
  readonly endpoint: Endpoint
  /** The form of typed lines at the start. */
  readonly form: PayloadForm
  readonly look: Look
  /** The project file of `--project`. */
  readonly project: string | undefined
  /**
   * The settings for reconnecting. If they are `undefined`, the client reconnects only when the user enters a command.
   */
  readonly reconnect: Partial<ReconnectSettings> | undefined
  /** Records the client in the files of the command line, and lets other programs watch it. */
  readonly record: (client: ClientService) => Effect.Effect<void, CommandFailed>
  /** Serves the page over the same window. `undefined` without `--ui`. */
  readonly attachPage: AttachPage | undefined
}

/**
 * Runs `tcpfx connect` in a terminal. It connects, and shows the console until the user leaves, also after the end of
 * the connection. If the first connection fails, the command ends with the reason, as it does without a console. With the
 * page it stays, because the page can connect elsewhere.
 */
export const connectConsole = (options: ConnectConsoleOptions) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { attachPage, automation, endpoint, form, look, project, reconnect, record, settings } = options
      const left = yield* Deferred.make<void>()
      const leave = Effect.asVoid(Deferred.succeed(left, undefined))
      const assistant = yield* ClientAssistant.make({
        settings,
        leave,
        ...(reconnect === undefined ? {} : { reconnect: { ...reconnect, onPeerEnd: "end" as const } }),
      }).pipe(Effect.catchTag("Refusal", ({ message }) => usageError(message)))
      yield* setEncoding(assistant.execute, look)
      yield* record(assistant.client)
      yield* automate(assistant, automation, settings)
      if (attachPage !== undefined) yield* attachPage(assistant, "connect")
      const first = assistant.execute({ _tag: "Connect", endpoint: formatEndpoint(endpoint) }).pipe(
        Effect.catchIf(
          // The user has ended the attempt, and stays in the console.
          ({ reason }) => reason === "ended" || attachPage !== undefined,
          () => Effect.void,
        ),
        Effect.mapError(({ message }) => networkError(message)),
        Effect.zipRight(Effect.never),
      )
      const console = runConsole({
        assistant,
        history: historyPath(process.env, project),
        look,
        notes: [],
        showsTraffic: true,
        form: typedForm(form, settings.frame),
        onEnd: Effect.flatMap(assistant.state, ({ phase }) =>
          phase === "connected" ? Effect.ignore(assistant.execute({ _tag: "HalfClose" })) : leave,
        ),
      })
      yield* Effect.raceFirst(Effect.raceFirst(console, Deferred.await(left)), first)
    }),
  )
