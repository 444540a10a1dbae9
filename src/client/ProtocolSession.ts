import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { InvalidOptions } from "../connection/index.ts"
import type { CodecError, InvalidPayloadError } from "../domain/index.ts"
import type { SessionProtocol } from "./ClientProtocol.ts"
import type { SessionBase, SessionEnd, SessionOptions } from "./Session.ts"

/** Options of a session that carries the messages of a protocol. */
export interface ProtocolSessionOptions<C, In, Out, RP, E = never, R = never, RI = never>
  extends Omit<SessionOptions, "onConnect">,
    InvalidOptions<C, RI> {
  /** The protocol, made by `Protocol.make`. It also sets the framing. Settings with another framing are refused. */
  readonly protocol: SessionProtocol<C, In, Out, RP>
  /**
   * Runs with each new connection, like `onConnect` of a session without a protocol. It may send and receive messages on
   * the connection.
   */
  readonly onConnect?: (connection: C) => Effect.Effect<void, E, R | Scope.Scope>
}

/**
 * A session that receives messages of type `In` and sends messages of type `Out`, over connections of type `C`. Everything
 * that `Session` says about payloads holds for messages.
 *
 * A message that cannot be decoded does not end the session. By default its connection is closed with the reason
 * `MessageInvalid`, which is a loss, and the session connects again. With `onInvalid: "skip"` or an effect, the connection
 * stays. The frame number and the offset of the event `MessageInvalid` begin again with each connection.
 *
 * @example
 * import { Effect, Schema, Stream } from "effect"
 * import { Client } from "tcpfx/client"
 * import { Protocol } from "tcpfx/protocol"
 * import { Server } from "tcpfx/server"
 * import { MemoryTransport } from "tcpfx/transport"
 *
 * const Echo = Protocol.make("echo", { toServer: Schema.String, toClient: Schema.String })
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* Server.make({
 *     protocol: Echo,
 *     handler: (connection) => connection.runForEach((text) => connection.send(text)),
 *   })
 *   const { endpoint } = yield* server.listen("127.0.0.1:0")
 *   const client = yield* Client.make({ protocol: Echo })
 *   const session = yield* client.session(endpoint, {
 *     protocol: Echo,
 *     onConnect: (connection) => connection.send("the login"),
 *   })
 *   yield* session.send("kept until it can be sent")
 *   return yield* Stream.runCollect(Stream.take(session.messages, 2))
 * })
 * const texts = await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(MemoryTransport.layer())))
 * assert.deepEqual([...texts], ["the login", "kept until it can be sent"])
 */
export interface ProtocolSession<C, In, Out> extends SessionBase<C> {
  /**
   * Encodes a message and puts it into the outbox. Fails when the session has ended or is closing, when the message cannot be
   * encoded, or when the framing cannot carry it as one frame.
   */
  readonly send: (message: Out) => Effect.Effect<void, SessionEnd | CodecError | InvalidPayloadError>
  /**
   * The messages of all connections, like `frames` of a session without a protocol. The stream has one reader. It fails as
   * the session does.
   */
  readonly messages: Stream.Stream<In, SessionEnd>
}
