import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Client, type ClientProtocol, type ClientSettings } from "../client/index.ts"
import type { Connection, InvalidOptions } from "../connection/index.ts"
import type {
  ConnectError,
  Endpoint,
  EndpointInput,
  ListenEndpointInput,
  ListenError,
  ServerEvent,
  SettingsError,
} from "../domain/index.ts"
import {
  type HandlerServices,
  type ProtocolServerOptions,
  Server,
  type ServerOptions,
  type ServerService,
} from "../server/index.ts"
import type { Transport } from "../transport/index.ts"
import { type EventNotSeen, type EventProbe, probe } from "./EventProbe.ts"
import type { WaitOptions } from "./internal/waitFor.ts"
import { dialPeer } from "./peers.ts"
import type { PeerOptions, ScriptedPeer } from "./ScriptedPeer.ts"

/** Options of {@link serve} in addition to the options of the server. `within` is the timeout of each wait for an event. */
export interface ServeOptions extends WaitOptions {
  /** The endpoint that the server listens on. Default: 127.0.0.1 with a free port. */
  readonly endpoint?: ListenEndpointInput
}

/** A connection that {@link serve} makes for a test. */
export type Connecting<A, E = never, R = never> = Effect.Effect<
  A,
  ConnectError | SettingsError | E,
  Transport | Scope.Scope | R
>

/** The server of {@link serve}, a probe of its events, and functions that connect to it. */
export interface Served {
  readonly server: ServerService
  /** The events of the server from its start, with all frames. */
  readonly events: EventProbe<ServerEvent>
  /** The endpoint with the real address and port. */
  readonly endpoint: Endpoint
  /**
   * Connects a new client, with or without a protocol, and waits until the server has accepted the connection. So the
   * first connection of a test has the id 1, the second has the id 2. `settings` are the settings of the client that
   * differ from `ClientConfig.defaults`. Default framing: the framing of the server.
   */
  readonly connect: {
    (settings?: Partial<ClientSettings>): Connecting<Connection, EventNotSeen>
    <C, R, RI = never>(
      protocol: ClientProtocol<C, R>,
      settings?: Partial<ClientSettings> & InvalidOptions<C, RI>,
    ): Connecting<C, EventNotSeen, R | RI>
  }
  /**
   * Connects a new client to an endpoint, and does not wait for the server. Use it for the other listeners of the server,
   * and for connections that the server refuses.
   */
  readonly connectTo: (endpoint: EndpointInput, settings?: Partial<ClientSettings>) => Connecting<Connection>
  /** Connects a scripted peer, and waits until the server has accepted the connection. */
  readonly connectPeer: (
    options?: PeerOptions,
  ) => Effect.Effect<ScriptedPeer, ConnectError | EventNotSeen, Transport | Scope.Scope>
}

/** The effect that {@link serve} returns. `R`: the services that the handler needs. */
export type Serving<R> = Effect.Effect<Served, ListenError | SettingsError, Transport | Scope.Scope | R>

/**
 * Starts a server on the `Transport` of the context, and records its events. It takes the options of `Server.make`, with
 * or without a protocol. A test of several servers calls it several times. The same test runs in memory with
 * `MemoryTransport.layer()` and over sockets with `NodeTransport.layer`. In memory, timers follow `TestClock`.
 *
 * The end of the scope destroys the open connections and does not drain the server, as for `Testing.layer`. A server
 * with the setting `tls` needs clients with `tls`, and `connectPeer` sends plain bytes.
 *
 * @example
 * import { Effect } from "effect"
 * import { Framing } from "tcpfx/domain"
 * import { Handler } from "tcpfx/server"
 * import { Testing } from "tcpfx/testing"
 * import { MemoryTransport, NodeTransport } from "tcpfx/transport"
 *
 * const test = Effect.gen(function* () {
 *   const { connect, connectPeer, events } = yield* Testing.serve({
 *     handler: Handler.broker(),
 *     settings: { frame: Framing.line },
 *   })
 *   const connection = yield* connect()
 *   const peer = yield* connectPeer()
 *   yield* peer.send("to the other\n")
 *   assert.equal(yield* Testing.receiveText(connection), "to the other")
 *   yield* events.expectInOrder({ _tag: "ConnectionOpened", id: 2 }, { _tag: "FrameReceived", id: 2 })
 * })
 * for (const transport of [MemoryTransport.layer(), NodeTransport.layer]) {
 *   await Effect.runPromise(test.pipe(Effect.scoped, Effect.provide(transport)))
 * }
 */
export const serve: {
  <C, RP, E, R, RI = never, RF = never>(
    options: ProtocolServerOptions<C, RP, E, R, RI, RF> & ServeOptions,
  ): Serving<HandlerServices<RP | R | RI, RF>>
  <E, R = never, RF = never>(options: ServerOptions<E, R, RF> & ServeOptions): Serving<HandlerServices<R, RF>>
} = <C, RP, E, R, RI, RF>({
  endpoint: wanted = "127.0.0.1:0",
  within,
  ...options
}: (ServerOptions<E, R, RF> | ProtocolServerOptions<C, RP, E, R, RI, RF>) & ServeOptions): Serving<
  HandlerServices<RP | R | RI, RF>
> =>
  Effect.gen(function* () {
    const waits: WaitOptions = within === undefined ? {} : { within }
    const server = yield* "protocol" in options ? Server.make(options) : Server.make<E, R, RF>(options)
    const events = yield* probe(server.subscribeEvents({ frames: true, bufferBytes: mostBufferedBytes }), waits)
    const { endpoint } = yield* server.listen(wanted)
    const clientOf = (settings: Partial<ClientSettings>) => Client.make({ frame: server.hub.framing, ...settings })
    let connections = 0
    const accepted = Effect.suspend(() => events.first("ConnectionOpened", ++connections))
    function connect(settings?: Partial<ClientSettings>): Connecting<Connection, EventNotSeen>
    function connect<CC, CR, CI = never>(
      protocol: ClientProtocol<CC, CR>,
      settings?: Partial<ClientSettings> & InvalidOptions<CC, CI>,
    ): Connecting<CC, EventNotSeen, CR | CI>
    function connect<CC, CR, CI>(
      given: Partial<ClientSettings> | ClientProtocol<CC, CR> = {},
      { onInvalid, ...settings }: Partial<ClientSettings> & InvalidOptions<CC, CI> = {},
    ) {
      const connecting: Connecting<CC | Connection, never, CR | CI> =
        "clientSide" in given
          ? Effect.flatMap(clientOf(settings), (client) =>
              client.connect(endpoint, given, onInvalid === undefined ? {} : { onInvalid }),
            )
          : connectTo(endpoint, given)
      return Effect.zipLeft(connecting, accepted)
    }
    const connectTo = (target: EndpointInput, settings: Partial<ClientSettings> = {}) =>
      Effect.flatMap(clientOf(settings), (client) => client.connect(target))
    const connectPeer = (peer: PeerOptions = {}) => Effect.zipLeft(dialPeer(endpoint, { ...waits, ...peer }), accepted)
    return { server, events, endpoint, connect, connectTo, connectPeer }
  })

// A test can send many frames before its probe reads them. The probe must miss none.
const mostBufferedBytes = 1024 ** 3
