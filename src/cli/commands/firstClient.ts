import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ServerService } from "../../server/index.ts"

/**
 * Subscribes to the connections of a server that has not listened yet. The result closes the listeners when the first
 * client has connected, and waits for the end of this client.
 */
export const firstClientLeft = (server: ServerService) =>
  Effect.map(Effect.orDie(server.subscribeEvents({ overflow: "block" })), (events) =>
    Stream.runDrain(
      Stream.takeUntilEffect(events, (event) =>
        event._tag === "ConnectionOpened"
          ? Effect.as(stopListening(server), false)
          : Effect.succeed(event._tag === "ConnectionClosed"),
      ),
    ),
  )

const stopListening = (server: ServerService) =>
  Effect.flatMap(server.listening, Effect.forEach(server.stopListening, { discard: true }))
