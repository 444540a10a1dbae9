import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  Client,
  type ConnectOptions,
  type ProtocolSession,
  type ProtocolSessionOptions,
  type ReconnectSettings,
  type SessionEnd,
  type SessionSide,
} from "../client/index.ts"
import type { Connection, InvalidOptions, ProtocolSide } from "../connection/index.ts"
import {
  Codec,
  type CodecError,
  type ConnectError,
  type ConnectionClosedError,
  type EndpointInput,
  Framing,
  type SendError,
  type SettingsError,
} from "../domain/index.ts"
import type { HubService } from "../hub/index.ts"
import {
  type Handler,
  type ProtocolHandler,
  protocolHandler,
  type ServerConnection as RawConnection,
} from "../server/index.ts"
import { makeActor } from "../server/makeActor.ts"
import { respondWith } from "../server/respondWith.ts"
import { makeSide, provided } from "./internal/makeSide.ts"
import { makeProtocolHub, type ProtocolHub } from "./ProtocolHub.ts"
import {
  type ConnectionCodecs,
  type ProtocolConnection,
  type ProtocolServerConnection,
  TypedConnection,
  TypedServerConnection,
} from "./TypedConnection.ts"

/** Makes a codec from a schema. Use `Codec.json`, `msgPack`, or your own function, for example with `Codec.packed`. */
export type Coding = <A, I, R>(schema: Schema.Schema<A, I, R>, mode: "effect") => Codec.EffectCodec<A, R>

/** The type of the messages of one direction: a codec, or a schema from which the coding makes a codec. */
export type MessageType<A, I, R> = Schema.Schema<A, I, R> | Codec.EffectCodec<A, R>

/** The parts of a protocol. */
export interface ProtocolOptions<A, IA, RA, B, IB, RB> {
  /** The messages that clients send to the server. */
  readonly toServer: MessageType<A, IA, RA>
  /** The messages that the server sends to clients. */
  readonly toClient: MessageType<B, IB, RB>
  /**
   * The framing of both directions. Default `Framing.line`. A binary coding needs another framing, such as a length
   * prefix.
   */
  readonly framing?: Framing.Framing
  /** The coding of each direction that is given as a schema. Default `Codec.json`. */
  readonly coding?: Coding
}

/** Makes the reply to a message of a client. The result `undefined` sends no reply. */
export type Answer<ToServer, ToClient, E, R> = (
  message: ToServer,
  connection: ProtocolServerConnection<ToServer, ToClient>,
) => Effect.Effect<ToClient | undefined, E, R>

/**
 * The type of a server's connection with a protocol. Use it for a parameter: `Protocol.ServerConnection<typeof Chat>`.
 */
export type ServerConnection<P extends { readonly serverSide: unknown }> =
  P["serverSide"] extends ProtocolSide<infer _Raw, infer C, infer _R> ? C : never

/**
 * The type of a client's connection with a protocol. Use it for a parameter: `Protocol.ClientConnection<typeof Chat>`.
 */
export type ClientConnection<P extends { readonly clientSide: unknown }> =
  P["clientSide"] extends ProtocolSide<infer _Raw, infer C, infer _R> ? C : never

/**
 * The messages between a server and its clients, with their framing and codecs. `R`: the services that the schemas need.
 */
export interface Protocol<ToServer, ToClient, R = never> {
  readonly name: string
  readonly framing: Framing.Framing
  readonly toServer: Codec.EffectCodec<ToServer, R>
  readonly toClient: Codec.EffectCodec<ToClient, R>
  /** The side of a server, for `Server.make` and `Server.layer`. */
  readonly serverSide: ProtocolSide<RawConnection, ProtocolServerConnection<ToServer, ToClient>, R>
  /** The side of a client, for `connect`, `run` and `session` of a client. */
  readonly clientSide: SessionSide<ProtocolConnection<ToClient, ToServer>, ToClient, ToServer, R>
  /**
   * Makes a handler for a server from a program that serves one connection with messages. `Server.make` and
   * `Server.layer` also take the protocol and the program: `Server.layer({ protocol, handler })`.
   */
  readonly handler: <E, RH, RI = never>(
    serve: (connection: ProtocolServerConnection<ToServer, ToClient>) => Effect.Effect<void, E, RH>,
    options?: InvalidOptions<ProtocolServerConnection<ToServer, ToClient>, RI>,
  ) => ProtocolHandler<E, R | RH | RI>
  /**
   * Makes a handler that answers each message with the result of an effect, in order. It is `Handler.respond` for
   * messages. The result `undefined` sends no reply.
   */
  readonly respond: {
    <E, RH, E2, R2, RI = never>(
      f: Answer<ToServer, ToClient, E, RH>,
      options: Handler.RespondOnErrorOptions<E, E2, R2, ToServer, ToClient> &
        InvalidOptions<ProtocolServerConnection<ToServer, ToClient>, RI>,
    ): ProtocolHandler<E2 | SendError | CodecError, R | RH | R2 | RI>
    <E, RH, RI = never>(
      f: Answer<ToServer, ToClient, E, RH>,
      options?: Handler.RespondOptions & InvalidOptions<ProtocolServerConnection<ToServer, ToClient>, RI>,
    ): ProtocolHandler<E | SendError | CodecError, R | RH | RI>
  }
  /**
   * Makes a handler with a state for each connection. It is `Handler.actor` for messages: `receive` gets each message
   * of the client.
   */
  readonly actor: <S, M = never, EI = never, RS = never, ER = never, RR = never, ET = never, RT = never, RI = never>(
    options: Handler.ActorOptions<
      S,
      M,
      EI,
      RS,
      ER,
      RR,
      ET,
      RT,
      ToServer,
      ProtocolServerConnection<ToServer, ToClient>
    > &
      InvalidOptions<ProtocolServerConnection<ToServer, ToClient>, RI>,
  ) => ProtocolHandler<EI | ER | ET | ConnectionClosedError | CodecError, R | RS | RR | RT | RI> &
    Handler.ActorStates<S, M>
  /** Connects with the `Client` service. The connection ends with the scope. */
  readonly connect: <RI = never>(
    endpoint: EndpointInput,
    options?: ConnectOptions & InvalidOptions<ProtocolConnection<ToClient, ToServer>, RI>,
  ) => Effect.Effect<
    ProtocolConnection<ToClient, ToServer>,
    ConnectError | SettingsError,
    Client | Scope.Scope | R | RI
  >
  /**
   * Connects with the `Client` service and runs a program with the connection. Connects and runs the program again
   * after a loss, as `run` of the client does.
   */
  readonly run: <A, E, RU, RI = never>(
    endpoint: EndpointInput,
    use: (connection: ProtocolConnection<ToClient, ToServer>) => Effect.Effect<A, E, RU>,
    reconnect?: Partial<ReconnectSettings>,
    options?: ConnectOptions & InvalidOptions<ProtocolConnection<ToClient, ToServer>, RI>,
  ) => Effect.Effect<A, E | SessionEnd | SettingsError, Client | Exclude<R | RU | RI, Scope.Scope>>
  /**
   * Makes a session with the `Client` service. The session carries messages across reconnects and has a bounded outbox.
   * It ends with the scope.
   */
  readonly session: <E = never, RC = never, RI = never>(
    endpoint: EndpointInput,
    options?: Omit<
      ProtocolSessionOptions<ProtocolConnection<ToClient, ToServer>, ToClient, ToServer, R, E, RC, RI>,
      "protocol"
    >,
  ) => Effect.Effect<
    ProtocolSession<ProtocolConnection<ToClient, ToServer>, ToClient, ToServer>,
    SettingsError,
    Client | Scope.Scope | R | Exclude<RC | RI, Scope.Scope>
  >
  /**
   * Makes the typed side of a hub, which publishes messages to all clients and subscribes to published messages. Fails
   * if the framing of the hub is not the framing of the protocol.
   */
  readonly hub: (hub: HubService) => Either.Either<ProtocolHub<ToClient, R>, SettingsError>
}

const isSchema = <A, I, R>(type: MessageType<A, I, R>): type is Schema.Schema<A, I, R> => Schema.isSchema(type)

const codecOf = <A, I, R>(type: MessageType<A, I, R>, coding: Coding): Codec.EffectCodec<A, R> =>
  isSchema(type) ? coding(type, "effect") : type

/**
 * Makes a protocol: the messages of both directions, a framing and a coding. Its handlers, connections and hubs carry
 * only these messages. Sending another message does not compile.
 *
 * @example
 * import { Effect, Schema, Stream } from "effect"
 * import { Client } from "tcpfx/client"
 * import { tcpEndpoint } from "tcpfx/domain"
 * import { Protocol } from "tcpfx/protocol"
 * import { Server } from "tcpfx/server"
 * import { MemoryTransport } from "tcpfx/transport"
 *
 * const Ask = Schema.TaggedStruct("Ask", { what: Schema.String })
 * const Told = Schema.TaggedStruct("Told", { answer: Schema.String })
 * const Quiz = Protocol.make("quiz", { toServer: Ask, toClient: Told })
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* Server.make({
 *     protocol: Quiz,
 *     handler: (connection) =>
 *       connection.runForEach(({ what }) => connection.send({ _tag: "Told", answer: what.toUpperCase() })),
 *   })
 *   const { endpoint } = yield* server.listen(tcpEndpoint("127.0.0.1", 0))
 *   const client = yield* Client.make()
 *   const connection = yield* client.connect(endpoint, Quiz)
 *   yield* connection.send({ _tag: "Ask", what: "who" })
 *   return yield* Stream.runCollect(Stream.take(connection.messages, 1))
 * })
 * const told = await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(MemoryTransport.layer())))
 * assert.deepEqual([...told], [{ _tag: "Told", answer: "WHO" }])
 */
export const make = <A, IA, RA, B, IB, RB>(
  name: string,
  options: ProtocolOptions<A, IA, RA, B, IB, RB>,
): Protocol<A, B, RA | RB> => {
  const { coding = Codec.json, framing = Framing.line } = options
  const toServer: Codec.EffectCodec<A, RA | RB> = codecOf(options.toServer, coding)
  const toClient: Codec.EffectCodec<B, RA | RB> = codecOf(options.toClient, coding)
  const serverSide = makeSide(
    { name, framing },
    toServer,
    toClient,
    (connection: RawConnection, codecs: ConnectionCodecs<A, B>, whenInvalid): ProtocolServerConnection<A, B> =>
      new TypedServerConnection(connection, codecs, whenInvalid),
  )
  const clientSide: SessionSide<ProtocolConnection<B, A>, B, A, RA | RB> = {
    ...makeSide(
      { name, framing },
      toClient,
      toServer,
      (connection: Connection, codecs: ConnectionCodecs<B, A>, whenInvalid): ProtocolConnection<B, A> =>
        new TypedConnection(connection, codecs, whenInvalid),
    ),
    encoder: Effect.map(provided(toServer), ({ encode }) => encode),
    messagesOf: ({ messages }) => messages,
  }
  const forServer = { name, framing, serverSide }
  const forClient = { name, framing, clientSide }
  const respond = <E, RH, E2, R2, RI>(
    f: Answer<A, B, E, RH>,
    given: Handler.RespondOptions &
      Partial<Handler.RespondOnErrorOptions<E, E2, R2, A, B>> &
      InvalidOptions<ProtocolServerConnection<A, B>, RI> = {},
  ): ProtocolHandler<E | E2 | SendError | CodecError, RA | RB | RH | R2 | RI> => {
    const answering = respondWith<A, B, SendError | CodecError>()(given)
    return protocolHandler(
      forServer,
      (connection) =>
        answering((message) => f(message, connection), {
          payloads: () => connection.messages,
          runForEach: connection.runForEach,
          send: connection.send,
          sendAll: (replies) => Stream.runForEach(replies, connection.send),
        }),
      given,
    )
  }
  return {
    name,
    framing,
    toServer,
    toClient,
    serverSide,
    clientSide,
    handler: (serve, handlerOptions) => protocolHandler(forServer, serve, handlerOptions),
    respond,
    actor: (actorOptions) => {
      const { serve, ...states } = makeActor<A, ConnectionClosedError | CodecError>()(actorOptions)
      return Object.assign(protocolHandler(forServer, serve, actorOptions), states)
    },
    connect: (endpoint, connectOptions) =>
      Effect.flatMap(Client, (client) => client.connect(endpoint, forClient, connectOptions)),
    run: (endpoint, use, reconnect, runOptions) =>
      Effect.flatMap(Client, (client) => client.run(endpoint, forClient, use, reconnect, runOptions)),
    session: (endpoint, sessionOptions) =>
      Effect.flatMap(Client, (client) => client.session(endpoint, { ...sessionOptions, protocol: forClient })),
    hub: (hub) => makeProtocolHub({ name, framing }, toClient, hub),
  }
}
