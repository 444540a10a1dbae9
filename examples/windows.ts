import * as Effect from "effect/Effect"
import { ClientAssistant, ServerAssistant, Workspace } from "tcpfx/assistant"
import { Assistant } from "tcpfx/domain"
import { Transport } from "tcpfx/transport"

/** A workspace of server and client windows that share one transport. */
export const windows = Effect.gen(function* () {
  const transport = yield* Transport
  return yield* Workspace.make({
    open: (kind) =>
      Effect.gen(function* () {
        return kind === "server" ? yield* ServerAssistant.make() : yield* ClientAssistant.make()
      }).pipe(
        Effect.provideService(Transport, transport),
        Effect.catchTag("SettingsError", ({ message }) => new Assistant.Refusal({ reason: "value", message })),
      ),
  })
})
