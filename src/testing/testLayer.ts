import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Client, type ClientProtocol, type ClientSettings, type ConnectOptions } from "../client/index.ts"
import type { Connection, InvalidOptions } from "../connection/index.ts"
import {
  type ConnectError,
  type Endpoint,
  type Framing,
  type ListenError,
  type SettingsError,
  tcpEndpoint,
} from "../domain/index.ts"
import { type ProtocolServerOptions, Server, type ServerOptions } from "../server/index.ts"
import { VirtualNetwork, type VirtualNetworkOptions } from "../transport/VirtualNetwork.ts"
import { nextTurn } from "./turns.ts"

/** The options of {@link layer} in addition to the options of the server. */
export interface TestingOptions {
  /**
   * The settings of the client that differ from `ClientConfig.defaults`. The default framing is the framing of the
   * server.
   */
  readonly clientSettings?: Partial<ClientSettings>
  /** The network between the hosts "server" and "client". Default: bytes arrive without delay. */
  readonly network?: VirtualNetworkOptions
}

/** A server, its client, and their network. `R`: the services that the handler needs. */
export type TestLayer<R, RF = never> = Layer.Layer<
  Server | Client | VirtualNetwork,
  ListenError | SettingsError,
  Exclude<R, Scope.Scope | Server> | Exclude<RF, Server>
>

/**
 * Makes a layer for the test of a handler: a server that listens, and a client, on a network in memory. It takes the
 * options of `Server.make`, with or without a protocol. {@link connect} connects the client to the server. Timers
 * follow `TestClock`. The server is on the host "server" of a `VirtualNetwork`, and the client on the host "client", so
 * a test can delay, split, partition and reset their connections.
 *
 * Unlike `Server.layer`, the end of the scope does not drain the server. It destroys the open connections. A drain
 * would wait for its deadline forever, because no test moves `TestClock` at its end. A test of the drain runs
 * `server.drain` itself.
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
export const layer: {
  <C, RP, E, R, RI = never, RF = never>(
    options: ProtocolServerOptions<C, RP, E, R, RI, RF> & TestingOptions,
  ): TestLayer<RP | R | RI, RF>
  <E, R = never, RF = never>(options: ServerOptions<E, R, RF> & TestingOptions): TestLayer<R, RF>
} = <C, RP, E, R, RI, RF>(
  options: (ServerOptions<E, R, RF> | ProtocolServerOptions<C, RP, E, R, RI, RF>) & TestingOptions,
): TestLayer<RP | R | RI, RF> => {
  const made = "protocol" in options ? Server.make(options) : Server.make<E, R, RF>(options)
  const server = Effect.tap(made, ({ listen }) => listen(tcpEndpoint("server", 0)))
  const frame = options.settings?.frame ?? framingOf(options)
  const client = Client.make({ ...(frame === undefined ? {} : { frame }), ...options.clientSettings })
  return Layer.merge(
    Layer.provide(Layer.scoped(Server, server), VirtualNetwork.host("server")),
    Layer.provide(Layer.scoped(Client, client), VirtualNetwork.host("client")),
  ).pipe(Layer.provideMerge(VirtualNetwork.layer(options.network)))
}

/** Returns the framing of the protocol, or `undefined` for a handler without a protocol. */
const framingOf = <C, RP, E, R, RI, RF>(
  options: ServerOptions<E, R, RF> | ProtocolServerOptions<C, RP, E, R, RI, RF>,
): Framing.Framing | undefined => {
  if ("protocol" in options) return options.protocol.framing
  return "protocol" in options.handler ? options.handler.protocol.framing : undefined
}

/**
 * The endpoint of the server of {@link layer}, for programs that make their own connections. Give such a program the
 * transport `VirtualNetwork.host("client")`.
 *
 * @example
 * import { Effect, Option } from "effect"
 * import { Client } from "tcpfx/client"
 * import { type Endpoint } from "tcpfx/domain"
 * import { Handler } from "tcpfx/server"
 * import { Testing, VirtualNetwork } from "tcpfx/testing"
 *
 * const program = (target: Endpoint) =>
 *   Effect.gen(function* () {
 *     const client = yield* Client.make()
 *     const connection = yield* client.connect(target)
 *     yield* connection.sendText("hello")
 *     return new TextDecoder().decode(Option.getOrThrow(yield* connection.receive))
 *   })
 * const test = Testing.endpoint.pipe(Effect.flatMap(program), Effect.provide(VirtualNetwork.host("client")))
 * const layer = Testing.layer({ handler: Handler.echo() })
 * assert.equal(await Effect.runPromise(test.pipe(Effect.scoped, Effect.provide(layer))), "hello")
 */
export const endpoint: Effect.Effect<Endpoint, never, Server> = Effect.gen(function* () {
  const [listening] = yield* (yield* Server).listening
  return listening ?? (yield* Effect.dieMessage("the server of the test no longer listens"))
})

/**
 * Connects the client of {@link layer} to its server, with or without a protocol. The connection ends with the scope.
 * When `connect` succeeds, the timers of both sides have started, so `TestClock` can move past their deadlines.
 *
 * @example
 * import { Effect, Schema, Stream } from "effect"
 * import { Protocol } from "tcpfx/protocol"
 * import { Testing } from "tcpfx/testing"
 *
 * const Sums = Protocol.make("sums", { toServer: Schema.Tuple(Schema.Number, Schema.Number), toClient: Schema.Number })
 * const program = Effect.gen(function* () {
 *   const connection = yield* Testing.connect(Sums)
 *   yield* connection.send([1, 2])
 *   return yield* Effect.flatten(Stream.runHead(connection.messages))
 * })
 * const layer = Testing.layer({
 *   protocol: Sums,
 *   handler: (connection) => connection.runForEach(([a, b]) => connection.send(a + b)),
 * })
 * assert.equal(await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(layer))), 3)
 */
export function connect(
  options?: ConnectOptions,
): Effect.Effect<Connection, ConnectError, Server | Client | Scope.Scope>
export function connect<C, R, RI = never>(
  protocol: ClientProtocol<C, R>,
  options?: ConnectOptions & InvalidOptions<C, RI>,
): Effect.Effect<C, ConnectError | SettingsError, Server | Client | Scope.Scope | R | RI>
export function connect<C, R, RI>(
  given: ConnectOptions | ClientProtocol<C, R> = {},
  options?: ConnectOptions & InvalidOptions<C, RI>,
) {
  return Effect.gen(function* () {
    const client = yield* Client
    const target = yield* endpoint
    const connecting: Effect.Effect<C | Connection, ConnectError | SettingsError, Scope.Scope | R | RI> =
      "clientSide" in given ? client.connect(target, given, options) : client.connect(target, given)
    // The fibers of the timers start in this turn of the event loop.
    return yield* Effect.zipLeft(connecting, nextTurn)
  })
}
