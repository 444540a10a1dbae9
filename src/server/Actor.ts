import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { ConnectionClosedError } from "../domain/index.ts"
import type * as Attribute from "./Attribute.ts"
import type { FiberHandler, ServerConnection } from "./Handler.ts"
import { makeActor } from "./makeActor.ts"

/**
 * Options of an actor. `S` is the state and `M` the type of the messages of `tell`. Each function has errors and
 * requirements of its own. `C` is the type of the connection, and `P` the type of the values that it receives:
 * payloads, or the messages of a protocol.
 */
export interface ActorOptions<S, M, EI, RI, ER, RR, ET, RT, P = Uint8Array, C = ServerConnection> {
  /** The name of the state among the attributes of a connection. Default "state". */
  readonly name?: string
  /** Makes the state of a new connection. The resources that it acquires are released at the end of the connection. */
  readonly initial: (connection: C) => Effect.Effect<S, EI, RI>
  /** Handles a payload or message of the peer, and returns the next state. */
  readonly receive: (state: S, payload: P, connection: C) => Effect.Effect<NoInfer<S>, ER, RR>
  /**
   * Handles a message of `tell`, and returns the next state. Default: the actor has no mailbox, and `tell` returns
   * `false`.
   */
  readonly onTell?: (state: S, message: M, connection: C) => Effect.Effect<NoInfer<S>, ET, RT>
  /** The maximum number of messages of `tell` that wait for one connection, at least 1. Default 64. */
  readonly mailbox?: number
}

/** The states of the connections of an actor. */
export interface ActorStates<S, M> {
  /** The state of a connection. `None` before `initial` has ended, and for the connection of another handler. */
  readonly state: Attribute.Attribute<Option.Option<S>>
  /**
   * Sends a message to a connection, and waits while its mailbox is full. Returns `false` if the handler of the
   * connection has ended, or if it is not this handler. A message that waits when the peer sends FIN is dropped.
   *
   * A function of the actor that calls `tell` for its own connection deadlocks when the mailbox is full. Two actors
   * that call `tell` for each other can deadlock too. In these cases, fork `tell`, or give it a timeout.
   */
  readonly tell: (to: Attribute.Attributed, message: M) => Effect.Effect<boolean>
}

/** A handler with a state for each connection. */
export interface ActorHandler<S, M, E, R> extends FiberHandler<E, R>, ActorStates<S, M> {}

/**
 * Makes a handler that has a state for each connection. The payloads of the peer and the messages of `tell` are handled
 * one at a time, and each of them returns the next state. While a payload is handled, the server reads no more bytes
 * than the inbox holds, so the peer waits. The actor ends with its connection, as every handler does, and fails with
 * the errors of its functions. Throws `SettingsError` when `mailbox` is invalid.
 *
 * @example
 * import { Effect, Option } from "effect"
 * import { Client } from "tcpfx/client"
 * import { Framing, tcpEndpoint } from "tcpfx/domain"
 * import { Handler, Server } from "tcpfx/server"
 * import { MemoryTransport } from "tcpfx/transport"
 *
 * const counter = Handler.actor({
 *   initial: () => Effect.succeed(0),
 *   receive: (count, line, connection) => Effect.as(connection.send(line), count + 1),
 *   onTell: (count, added: number) => Effect.succeed(count + added),
 * })
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* Server.make({ settings: { frame: Framing.line }, handler: counter })
 *   const { endpoint } = yield* server.listen(tcpEndpoint("127.0.0.1", 0))
 *   const client = yield* Client.make({ frame: Framing.line })
 *   const connection = yield* client.connect(endpoint)
 *   const echo = Effect.zipRight(connection.send(new TextEncoder().encode("x")), connection.receive)
 *   yield* echo
 *   for (const info of yield* server.connections) yield* counter.tell(info, 10)
 *   yield* echo
 *   return (yield* server.connections).map((info) => counter.state.of(info))
 * })
 * const states = await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(MemoryTransport.layer())))
 * assert.deepEqual(states, [Option.some(12)])
 */
export const actor = <S, M = never, EI = never, RI = never, ER = never, RR = never, ET = never, RT = never>(
  options: ActorOptions<S, M, EI, RI, ER, RR, ET, RT>,
): ActorHandler<S, M, EI | ER | ET | ConnectionClosedError, RI | RR | RT> => {
  const { serve, ...states } = makeActor<Uint8Array, ConnectionClosedError>()(options)
  return Object.assign(serve, states)
}
