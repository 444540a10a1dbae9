import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { ClientSettings } from "../../src/client/index.ts"
import { Framing } from "../../src/domain/index.ts"
import type { ServerConnection } from "../../src/server/Handler.ts"
import { Testing } from "../../src/testing/index.ts"

/** A client's connection and the server's side of it, which does what the test says. The frames are lines. */
export const scriptedPeer = (settings: Partial<ClientSettings> = {}) =>
  Effect.gen(function* () {
    const accepted = yield* Deferred.make<ServerConnection>()
    const { connect, events } = yield* Testing.serve({
      handler: (connection) => Effect.zipRight(Deferred.succeed(accepted, connection), Effect.never),
      settings: { frame: Framing.line, halfClosed: "keep" },
    })
    const connection = yield* connect(settings)
    return { connection, events, peer: yield* Deferred.await(accepted) }
  })
