import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { ConnectionClosedError } from "../domain/index.ts"
import * as check from "../domain/settings.ts"
import * as Attribute from "./Attribute.ts"
import type { FiberHandler, ServerConnection } from "./Handler.ts"

/**
 * Options of an actor. `S` is the state and `M` the type of the messages of `tell`. Each function has errors and
 * requirements of its own.
 */
export interface ActorOptions<S, M, EI, RI, ER, RR, ET, RT> {
  /** The name of the state among the attributes of a connection. Default "state". */
  readonly name?: string
  /** Makes the state of a new connection. What it acquires is released with the connection. */
  readonly initial: (connection: ServerConnection) => Effect.Effect<S, EI, RI>
  /** Handles a payload of the peer, and returns the next state. */
  readonly receive: (state: S, payload: Uint8Array, connection: ServerConnection) => Effect.Effect<NoInfer<S>, ER, RR>
  /** Handles a message of `tell`, and returns the next state. Default: nothing can be told. */
  readonly onTell?: (state: S, message: M, connection: ServerConnection) => Effect.Effect<NoInfer<S>, ET, RT>
  /** The maximum number of messages of `tell` that wait for one connection, at least 1. Default 64. */
  readonly mailbox?: number
}

/** A handler with a state for each connection. */
export interface ActorHandler<S, M, E, R> extends FiberHandler<E, R> {
  /** The state of a connection. `None` before `initial` has ended, and for the connection of another handler. */
  readonly state: Attribute.Attribute<Option.Option<S>>
  /**
   * Sends a message to a connection, and waits while its mailbox is full. Returns `false` if the handler of the
   * connection has ended, or if it is not this handler. A message that waits when the peer sends FIN is dropped.
   *
   * A function of the actor that tells its own connection waits for itself when the mailbox is full, and so do two actors
   * that tell each other. There, fork `tell`, or give it a timeout.
   */
  readonly tell: (to: Attribute.Attributed, message: M) => Effect.Effect<boolean>
}

/**
 * Makes a handler that has a state for each connection. The payloads of the peer and the messages of `tell` are handled
 * one at a time, and each of them returns the next state. Until a payload is handled, the connection reads no more than
 * its inbox holds, so the peer waits. The actor ends with its connection, as every handler does, and fails with the
 * errors of its functions. Throws `SettingsError` when `mailbox` is invalid.
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
  const { initial, name = "state", onTell, receive } = options
  const { mailbox: capacity } = check.checkOrThrow(
    { mailbox: options.mailbox ?? 64 },
    { mailbox: check.limitOf("messages") },
  )
  const state = Attribute.make(name, Option.none<S>)
  const mailboxes = Attribute.make(`${name}.mailbox`, Option.none<Mailbox.Mailbox<M>>)

  const serve = (connection: ServerConnection) =>
    Effect.gen(function* () {
      const mailbox = onTell === undefined ? undefined : yield* openMailbox<M>(capacity)
      if (mailbox !== undefined) yield* mailboxes.set(connection, Option.some(mailbox))
      let now = yield* initial(connection)
      const become = (next: S): void => {
        now = next
        connection.attributes.set(state, Option.some(next))
      }
      become(now)
      if (mailbox === undefined || onTell === undefined) {
        return yield* connection.runForEach((payload) => Effect.map(receive(now, payload, connection), become))
      }
      // A semaphore hands out its permit in order, so neither the peer nor `tell` waits for ever.
      const lock = Effect.unsafeMakeSemaphore(1)
      const one = <E, R>(next: () => Effect.Effect<S, E, R>) =>
        lock.withPermits(1)(Effect.map(Effect.suspend(next), become))
      const received = connection.runForEach((payload) => one(() => receive(now, payload, connection)))
      // The message that is handled at the end of the input is handled to its end.
      const rest = lock.withPermits(1)(Effect.void)
      const told = Effect.forever(
        Effect.flatMap(Effect.orDie(mailbox.take), (message) => one(() => onTell(now, message, connection))),
      )
      return yield* Effect.raceFirst(Effect.zipRight(received, rest), told)
    })

  const tell = (to: Attribute.Attributed, message: M) =>
    Effect.suspend(() =>
      Option.match(mailboxes.of(to), {
        onNone: () => Effect.succeed(false),
        onSome: (mailbox) => mailbox.offer(message),
      }),
    )
  return Object.assign(serve, { state, tell })
}

const openMailbox = <M>(capacity: number): Effect.Effect<Mailbox.Mailbox<M>, never, Scope.Scope> =>
  Effect.acquireRelease(Mailbox.make<M>(capacity), (mailbox) => mailbox.shutdown)
