import * as Effect from "effect/Effect"
import { Client } from "tcpfx/client"
import { Connection } from "tcpfx/connection"
import type { EndpointInput } from "tcpfx/domain"
import { Middleware, Server, type ServerConnection } from "tcpfx/server"

/** A proxy. It connects to the target for each client, and passes on bytes, FINs and resets in both directions. */
export const makeProxy = (target: EndpointInput) =>
  Effect.gen(function* () {
    const client = yield* Client.make({ halfClosed: "keep" })
    const relay = Effect.fnUntraced(function* (down: ServerConnection) {
      const up = yield* client.connect(target)
      const report = Effect.flatMap(up.closed, (end) =>
        Effect.log(`${end.bytesOut} B to the target, ${end.bytesIn} B back`),
      )
      yield* Effect.ensuring(Connection.relay(down, up), report)
    })
    // Without "keep", a client that sends FIN is closed while the proxy still connects to a slow target.
    return yield* Server.make({ handler: Middleware.logging()(relay), settings: { halfClosed: "keep" } })
  })
