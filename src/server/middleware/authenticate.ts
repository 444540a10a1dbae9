import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { formatMillis } from "../../domain/index.ts"
import * as check from "../../domain/settings.ts"
import type { Attribute } from "../Attribute.ts"
import type { ServerConnection } from "../Handler.ts"
import { PeerRefusedError } from "../PeerRefusedError.ts"
import type { HandledConnection, HandlerFor } from "./HandlerFor.ts"
import { keepProtocol } from "./keepProtocol.ts"

/** A connection that can log in: one with payloads, or one with the messages of a protocol. */
export interface LoginConnection extends HandledConnection {
  readonly sendNow: (answer: never) => Effect.Effect<void, unknown>
}

/** The type of the values that a connection sends: payloads, or the messages of a protocol. */
export type Sent<C extends LoginConnection> = Parameters<C["sendNow"]>[0]

/** Options of {@link authenticate}. `K` is the name of the new field and `A` its type. `M` is the answer to a refused peer. */
export interface AuthenticateOptions<
  K extends string,
  C extends LoginConnection,
  A,
  E,
  R,
  M extends Sent<C> = Sent<C>,
> {
  /**
   * The field of the connection in which the handler finds the result of the login. The name of a field of
   * `ServerConnection`, such as `id`, does not compile.
   */
  readonly as: K & (K extends keyof ServerConnection ? never : K)
  /**
   * Receives the login of the peer, usually its first payloads, and returns the value of the field. It fails with
   * `PeerRefusedError` to refuse the peer. The handler receives the payloads after those that `login` has received. For
   * the connections of a protocol, give the parameter the type `Protocol.ServerConnection`.
   */
  readonly login: (connection: C) => Effect.Effect<A, E, R>
  /** How long the login may take. A slower peer is refused. Default 10 s. */
  readonly within?: Duration.DurationInput
  /** Makes the last payload or message for a refused peer. Default: the peer gets FIN without a payload. */
  readonly answer?: (refused: PeerRefusedError) => M
  /** An attribute that gets the result too, so that `server.connections` shows who is logged in. Default: none. */
  readonly attribute?: Attribute<A>
}

/**
 * Middleware that lets a peer log in before the handler runs, and adds the result to the connection of the handler. A
 * handler that needs the field does not compile without this middleware. A refused peer ends with `PeerRefusedError`.
 * Throws `SettingsError` when `within` is invalid.
 *
 * @example
 * import { Effect, Option, pipe } from "effect"
 * import { Client } from "tcpfx/client"
 * import { Framing, tcpEndpoint } from "tcpfx/domain"
 * import { Middleware, PeerRefusedError, Server, type ServerConnection } from "tcpfx/server"
 * import { MemoryTransport } from "tcpfx/transport"
 *
 * const bytes = (text: string) => new TextEncoder().encode(text)
 * const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
 *
 * const greet = (connection: ServerConnection & { readonly user: string }) =>
 *   connection.send(bytes(`hello ${connection.user}`))
 *
 * const handler = pipe(
 *   greet,
 *   Middleware.authenticate({
 *     as: "user",
 *     login: (connection) =>
 *       Effect.flatMap(connection.receive, (first) => {
 *         const [name = "", password] = Option.match(first, { onNone: () => "", onSome: text }).split(" ")
 *         return password === "sesame" ? Effect.succeed(name) : new PeerRefusedError({ reason: "wrong password" })
 *       }),
 *     answer: ({ reason }) => bytes(`no: ${reason}`),
 *   }),
 * )
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* Server.make({ settings: { frame: Framing.line }, handler })
 *   const { endpoint } = yield* server.listen(tcpEndpoint("127.0.0.1", 0))
 *   const client = yield* Client.make({ frame: Framing.line })
 *   return yield* Effect.forEach(["ann sesame", "eve guess"], (login) =>
 *     Effect.gen(function* () {
 *       const connection = yield* client.connect(endpoint)
 *       yield* connection.send(bytes(login))
 *       return text(yield* Effect.flatten(connection.receive))
 *     }),
 *   )
 * })
 * const answers = await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(MemoryTransport.layer())))
 * assert.deepEqual(answers, ["hello ann", "no: wrong password"])
 */
export const authenticate = <
  const K extends string,
  A,
  E,
  R,
  C extends LoginConnection = ServerConnection,
  const M extends Sent<C> = Sent<C>,
>(
  options: AuthenticateOptions<K, C, A, E, R, M>,
) => {
  const { answer, as, attribute, login } = options
  const { within } = check.checkOrThrow({ within: options.within ?? Duration.seconds(10) }, { within: check.deadline })
  const reason = `it did not log in within ${formatMillis(Duration.toMillis(within))}`

  return <E2, R2>(
    // `NoInfer`: the connection of the handler, which has the field, must not become the connection of the login.
    handler: HandlerFor<NoInfer<C> & { readonly [Field in K]: NoInfer<A> }, E2, R2>,
  ): HandlerFor<NoInfer<C>, E | E2 | PeerRefusedError, R | R2> =>
    keepProtocol(handler, (connection) => {
      // `Sent` is the type of the parameter of `sendNow`.
      const sendNow = connection.sendNow as (message: Sent<C>) => Effect.Effect<void, unknown>
      return login(connection).pipe(
        Effect.timeoutFail({ duration: within, onTimeout: () => new PeerRefusedError({ reason }) }),
        Effect.tapError((error) =>
          error instanceof PeerRefusedError && answer !== undefined
            ? // A peer that does not read cannot delay the end: the close flushes the answer within `closeDeadline`.
              Effect.ignore(sendNow(answer(error)))
            : Effect.void,
        ),
        Effect.tap((value) => (attribute === undefined ? Effect.void : attribute.set(connection, value))),
        Effect.flatMap((value) => {
          // A copy of the connection would call all its getters, each of which makes an effect. So the new object
          // inherits from the connection.
          const extended: C & { readonly [Field in K]: A } = Object.create(connection, {
            [as]: { value, enumerable: true },
          })
          return handler(extended)
        }),
      )
    })
}
