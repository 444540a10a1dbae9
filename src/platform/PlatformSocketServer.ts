import type * as Socket from "@effect/platform/Socket"
import * as SocketServer from "@effect/platform/SocketServer"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { type Endpoint, type ListenError, tcpEndpoint } from "../domain/index.ts"
import { Server, type ServerSettings } from "../server/index.ts"
import type { Transport } from "../transport/index.ts"
import { fromConnection } from "./PlatformSocket.ts"

const addressOf = (endpoint: Endpoint): SocketServer.Address =>
  endpoint._tag === "Unix"
    ? { _tag: "UnixAddress", path: endpoint.path }
    : { _tag: "TcpAddress", hostname: endpoint.host, port: endpoint.port }

type Served = (socket: Socket.Socket) => Effect.Effect<unknown, unknown>

/**
 * The platform's `SocketServer` over a server of ours: what is written for it (RPC, cluster) gets back-pressure, handlers
 * in order, half-close and an orderly end. Connections that come before `run` wait for it; a handler that fails ends its
 * own connection only.
 */
export const makeSocketServer = (
  endpoint: Endpoint = tcpEndpoint("127.0.0.1", 0),
  settings: Partial<ServerSettings> = {},
): Effect.Effect<SocketServer.SocketServer["Type"], ListenError, Scope.Scope | Transport> =>
  Effect.gen(function* () {
    const serving = yield* Deferred.make<Served>()
    const server = yield* Server.make({
      settings,
      handler: (connection) =>
        Effect.asVoid(Effect.flatMap(Deferred.await(serving), (serve) => serve(fromConnection(connection)))),
    })
    const listener = yield* server.listen(endpoint)
    return SocketServer.SocketServer.of({
      address: addressOf(listener.endpoint),
      run: <R, E, _>(handler: (socket: Socket.Socket) => Effect.Effect<_, E, R>) =>
        Effect.gen(function* () {
          const context = yield* Effect.context<R>()
          yield* Deferred.succeed(serving, (socket) => Effect.provide(handler(socket), context))
          return yield* Effect.never
        }),
    })
  })

/** The platform's `SocketServer` service over a server of ours. */
export const layerSocketServer = (
  endpoint?: Endpoint,
  settings?: Partial<ServerSettings>,
): Layer.Layer<SocketServer.SocketServer, ListenError, Transport> =>
  Layer.scoped(SocketServer.SocketServer, makeSocketServer(endpoint, settings))
