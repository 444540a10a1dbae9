// A node of the bench: a broker of lines on a hub on NATS, or on a hub in memory.
import * as Effect from "effect/Effect"
import { Framing, tcpEndpoint } from "tcpfx/domain"
import { Hub } from "tcpfx/hub"
import { NatsHub } from "tcpfx/hub/nats"
import { Handler, Server } from "tcpfx/server"
import { NodeTransport } from "tcpfx/transport"

/** Serves until the process is killed. `servers` is the address of NATS, or empty for a hub in memory. */
export const serveNode = (servers: string): Promise<never> =>
  Effect.gen(function* () {
    const options = { framing: Framing.line, budgetBytes: 64 * 1024 * 1024 }
    const hub = yield* servers === "" ? Hub.make(options) : NatsHub.make({ ...options, servers })
    const server = yield* Server.make({ handler: Handler.broker(), hub, settings: { hubBudget: options.budgetBytes } })
    const { endpoint } = yield* server.listen(tcpEndpoint("127.0.0.1", 0))
    if (endpoint._tag === "Tcp") process.send?.(endpoint.port)
    return yield* Effect.never
  }).pipe(Effect.scoped, Effect.provide(NodeTransport.layer), Effect.runPromise)
