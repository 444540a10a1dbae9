import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { ClientAssistant } from "tcpfx/assistant"
import { Framing } from "tcpfx/domain"

/**
 * A client assistant in a program. It reconnects after a lost connection, and calls `onPhase` with each new state of
 * the connection.
 */
export const follower = (endpoint: string, onPhase: (phase: string) => Effect.Effect<void>) =>
  Effect.gen(function* () {
    const assistant = yield* ClientAssistant.make({
      settings: { frame: Framing.line },
      reconnect: { baseDelay: "1 second", maxDelay: "1 minute" },
    })
    yield* assistant.states.pipe(
      Stream.map(({ phase }) => phase),
      Stream.changes,
      Stream.runForEach(onPhase),
      Effect.forkScoped,
    )
    yield* assistant.execute({ _tag: "Connect", endpoint })
    return assistant
  })
