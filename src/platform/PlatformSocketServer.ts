import * as Socket from "@effect/platform/Socket"
import * as SocketServer from "@effect/platform/SocketServer"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { ConnectionClosedError, type Endpoint, type ListenEndpointInput, tcpEndpoint } from "../domain/index.ts"
import { Waiters } from "../runtime/Waiters.ts"
import { Server, type ServerSettings } from "../server/index.ts"
import type { Transport } from "../transport/index.ts"
import { checkSocketOptions, fromConnection, type PlatformSocketOptions } from "./PlatformSocket.ts"

const addressOf = (endpoint: Endpoint): SocketServer.Address =>
  endpoint._tag === "Unix"
    ? { _tag: "UnixAddress", path: endpoint.path }
    : { _tag: "TcpAddress", hostname: endpoint.host, port: endpoint.port }

/**
 * Whether a handler failed only because its connection ended. RPC turns this failure into a defect, so defects count
 * too.
 */
const isLostConnection = (cause: Cause.Cause<unknown>): boolean => {
  const errors = [...Cause.failures(cause), ...Cause.defects(cause)]
  return (
    errors.length > 0 &&
    errors.every((error) => Socket.isSocketError(error) && error.cause instanceof ConnectionClosedError)
  )
}

type Served = (socket: Socket.Socket) => Effect.Effect<void, unknown>

/**
 * Makes the platform's `SocketServer` from a {@link Server}. It gives programs with Effect RPC or Effect Cluster
 * back-pressure, payloads in order, half-close and an orderly end. A connection that is accepted while no `run` is
 * active waits for the next `run`. A handler that fails ends only its own connection. The failure is logged unless the
 * handler failed only because its connection ended. The end of a `run` ends the connections that it serves.
 *
 * As the servers of the platform do, it fails with a `SocketServerError` whose reason is "Open". Its `cause` is the
 * `ListenError`, or the `SettingsError` for an invalid setting.
 *
 * @example
 * import { Effect } from "effect"
 * import { ListenError } from "tcpfx/domain"
 * import { makeSocketServer } from "tcpfx/platform"
 * import { MemoryTransport } from "tcpfx/transport"
 *
 * const twice = Effect.zip(makeSocketServer("127.0.0.1:9000"), makeSocketServer("127.0.0.1:9000"))
 * const error = await Effect.runPromise(
 *   Effect.flip(twice).pipe(Effect.scoped, Effect.provide(MemoryTransport.layer())),
 * )
 * assert.equal(error.reason, "Open")
 * assert(error.cause instanceof ListenError)
 */
export const makeSocketServer = (
  endpoint: ListenEndpointInput = tcpEndpoint("127.0.0.1", 0),
  settings: Partial<ServerSettings> = {},
  options: PlatformSocketOptions = {},
): Effect.Effect<SocketServer.SocketServer["Type"], SocketServer.SocketServerError, Scope.Scope | Transport> =>
  Effect.gen(function* () {
    yield* checkSocketOptions(options)
    let serving: Served | undefined
    const servingWaiters = new Waiters()
    const server = yield* Server.make({
      settings,
      handler: (connection) =>
        Effect.flatMap(
          servingWaiters.until(() => serving !== undefined),
          () => serving?.(fromConnection(connection, { concurrency: 1, ...options })) ?? Effect.void,
        ),
    })
    const listener = yield* server.listen(endpoint)
    return SocketServer.SocketServer.of({
      address: addressOf(listener.endpoint),
      run: <R, E, _>(handler: (socket: Socket.Socket) => Effect.Effect<_, E, R>) =>
        Effect.gen(function* () {
          const context = yield* Effect.context<R>()
          const ended = yield* Deferred.make<void>()
          const serve: Served = (socket) =>
            Effect.raceFirst(Effect.asVoid(Effect.provide(handler(socket), context)), Deferred.await(ended)).pipe(
              Effect.catchSomeCause((cause) => (isLostConnection(cause) ? Option.some(Effect.void) : Option.none())),
            )
          yield* Effect.acquireRelease(
            Effect.sync(() => {
              serving = serve
              servingWaiters.wake()
            }),
            () => {
              if (serving === serve) serving = undefined
              return Deferred.succeed(ended, undefined)
            },
          )
          return yield* Effect.never
        }).pipe(Effect.scoped),
    })
  }).pipe(Effect.mapError((cause) => new SocketServer.SocketServerError({ reason: "Open", cause })))

/** {@link makeSocketServer} as the platform's `SocketServer` service. */
export const layerSocketServer = (
  endpoint?: ListenEndpointInput,
  settings?: Partial<ServerSettings>,
  options?: PlatformSocketOptions,
): Layer.Layer<SocketServer.SocketServer, SocketServer.SocketServerError, Transport> =>
  Layer.scoped(SocketServer.SocketServer, makeSocketServer(endpoint, settings, options))
