import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type SettingsError, type TlsError, tcpEndpoint } from "../../domain/index.ts"
import { type Handler, Server } from "../../server/index.ts"
import { Tls, Transport } from "../../transport/index.ts"
import { type PackedTls, unpackSettings, unpackTls, type WorkerSetup } from "../WorkerSetup.ts"
import type { Channel } from "./Channel.ts"
import { HandedServer } from "./HandedServer.ts"
import { HandedSockets } from "./HandedSockets.ts"
import type { Handing, Report } from "./messages.ts"
import { Tickets } from "./Tickets.ts"

// A worker listens on no address, because the main server hands its sockets over.
const nowhere = tcpEndpoint("127.0.0.1", 1)

/**
 * Serves the sockets that the main server hands over, until the main server asks the worker to end. `attach` connects the
 * channel.
 */
export const serveHanded = (
  channel: Channel,
  setup: WorkerSetup,
  reactor: Handler.Reactor,
  attach: (server: HandedServer) => void,
): Effect.Effect<void, SettingsError | TlsError, Scope.Scope> =>
  Effect.gen(function* () {
    const tickets = new Tickets()
    const sockets = new HandedSockets(tickets, (ticket) => channel.json({ is: "lost", ticket } satisfies Report))
    const acceptorOf = (material: PackedTls) =>
      Effect.map(Tls.acceptor(unpackTls(material)), (acceptor) => tickets.secured(acceptor))
    const server = yield* Server.make({
      handler: reactor,
      settings: {
        ...unpackSettings(setup),
        // The main server resets the connections that are left at its own deadline.
        drain: "1 day",
        ...(setup.tls && { tls: yield* acceptorOf(setup.tls) }),
      },
    }).pipe(Effect.provideService(Transport, sockets.transport))
    const listen = Effect.orDie(server.startListening(nowhere))
    const handed: HandedServer = new HandedServer({
      ...{ channel, server, tickets, listen },
      secure: (material) =>
        Effect.orDie(
          Effect.flatMap(material === undefined ? Effect.succeed(undefined) : acceptorOf(material), (tls) =>
            server.reload({ tls }),
          ),
        ),
    })
    yield* server.observe({ onEvent: (event) => handed.onEvent(event) })
    yield* listen
    yield* Effect.forkScoped(handed.figures.keepSending)
    attach(handed)
    process.on("message", (handing: Handing, handle: unknown) => sockets.push({ handing, handle }))
    channel.json({ is: "ready" } satisfies Report)
    yield* Deferred.await(handed.ended)
  })
