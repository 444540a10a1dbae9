import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Client, type ClientSettings, type ConnectOptions } from "../client/index.ts"
import type { Connection } from "../connection/index.ts"
import { type ConnectError, type ListenError, type SettingsError, tcpEndpoint } from "../domain/index.ts"
import { Server, type ServerOptions } from "../server/index.ts"
import { VirtualNetwork, type VirtualNetworkOptions } from "../transport/VirtualNetwork.ts"
import { nextTurn } from "./turns.ts"

/** Options of {@link layer}. */
export interface TestingOptions<E, R, RF = never> extends ServerOptions<E, R, RF> {
  /** The settings of the client that differ from `ClientConfig.defaults`. Default: the framing of the server. */
  readonly clientSettings?: Partial<ClientSettings>
  /** The network between the hosts "server" and "client". Default: bytes arrive at once. */
  readonly network?: VirtualNetworkOptions
}

/**
 * A server that listens, and a client, on a network in memory: all that the test of a handler needs. {@link connect}
 * connects. Timers follow `TestClock`. The server is on the host "server" of a `VirtualNetwork`, and the client on the host
 * "client", so a test can delay, split, part and reset their connections.
 *
 * The end of the scope does not drain the server, unlike `Server.layer`: it destroys the connections that are left. A drain
 * waits for its deadline by the clock, and under `TestClock` no one moves the clock at the end of a test. A test of the
 * drain runs `server.drain` itself.
 *
 * @example
 * import { Effect, Option } from "effect"
 * import { Framing } from "tcpfx/domain"
 * import { Handler } from "tcpfx/server"
 * import { Testing } from "tcpfx/testing"
 *
 * const program = Effect.gen(function* () {
 *   const connection = yield* Testing.connect()
 *   yield* connection.send(new TextEncoder().encode("hello"))
 *   return new TextDecoder().decode(Option.getOrThrow(yield* connection.receive))
 * })
 * const layer = Testing.layer({ handler: Handler.echo(), settings: { frame: Framing.line } })
 * assert.equal(await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(layer))), "hello")
 */
export const layer = <E = never, R = never, RF = never>(
  options: TestingOptions<E, R, RF>,
): Layer.Layer<
  Server | Client | VirtualNetwork,
  ListenError | SettingsError,
  Exclude<R, Scope.Scope | Server> | Exclude<RF, Server>
> => {
  const { clientSettings, network, ...serverOptions } = options
  const frame = options.settings?.frame
  const server = Effect.tap(Server.make<E, R, RF>(serverOptions), ({ listen }) => listen(tcpEndpoint("server", 0)))
  const client = Client.make({ ...(frame === undefined ? {} : { frame }), ...clientSettings })
  return Layer.merge(
    Layer.provide(Layer.scoped(Server, server), VirtualNetwork.host("server")),
    Layer.provide(Layer.scoped(Client, client), VirtualNetwork.host("client")),
  ).pipe(Layer.provideMerge(VirtualNetwork.layer(network)))
}

/**
 * Connects the client of {@link layer} to its server. The connection belongs to the scope. The timers of both sides run
 * when it succeeds, so `TestClock` moves their deadlines from then on.
 */
export const connect = (
  options?: ConnectOptions,
): Effect.Effect<Connection, ConnectError, Server | Client | Scope.Scope> =>
  Effect.gen(function* () {
    const server = yield* Server
    const client = yield* Client
    const [endpoint] = yield* server.listening
    if (endpoint === undefined) return yield* Effect.dieMessage("the server of the test no longer listens")
    // The fibers of the timers start in this turn of the event loop.
    return yield* Effect.zipLeft(client.connect(endpoint, options), nextTurn)
  })
