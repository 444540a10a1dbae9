import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { type CodecError, ConnectionClosedError, closeReasons, type SettingsError } from "../domain/index.ts"
import * as check from "../domain/settings.ts"
import { inSpan } from "../runtime/spans.ts"
import { makeTiming } from "../runtime/Timing.ts"
import { ById } from "./internal/ById.ts"
import type { Correlation } from "./internal/Correlation.ts"
import { Exchange } from "./internal/Exchange.ts"
import { InOrder } from "./internal/InOrder.ts"
import { Rest } from "./internal/Rest.ts"
import type { Messages } from "./Messages.ts"
import type { RequestError } from "./RequestError.ts"

/** Matches each reply to its request by an id. */
export interface Ids<In, Id extends string | number> {
  /** Returns the id of a received message. Returns `undefined` for a message that is not a reply. */
  readonly idOf: (message: In) => Id | undefined
  /**
   * Returns the id of the next request, for example with {@link counter}. While the returned id is in flight, `nextId`
   * is called again. If every id is in flight, the request waits.
   *
   * The id of a request that ended without a reply is used again only if no other id is free. A late reply to the first
   * request then goes to the second request. To prevent this in a protocol with few ids, such as ids of one byte,
   * choose a timeout longer than the slowest reply of the peer, or pass `request` a predicate that accepts only the
   * right reply.
   */
  readonly nextId: () => Id
}

/** The options of {@link make}, without `correlate`. */
export interface RequestsOptions {
  /**
   * The timeout of a request, counted from the call of `request`. At least 1 ms. `Duration.infinity`: no timeout. The
   * option `timeout` of `request` replaces it for one request.
   */
  readonly timeout: Duration.DurationInput
  /**
   * The maximum number of sent requests that wait for a reply. Further requests wait for their turn, the oldest first.
   * Default 256. With "fifo" a request that has ended without a reply counts until its reply arrives.
   */
  readonly maxInFlight?: number
  /** The maximum number of messages that answer no request and wait for a reader of `rest`. Default 256. */
  readonly restCapacity?: number
  /**
   * What happens when a message that answers no request arrives while `restCapacity` messages wait. Default
   * "drop-oldest": the oldest message is dropped, and `state` counts it, so a program may ignore `rest`. "wait": the
   * connection stops reading until a reader takes a message from `rest`. Meanwhile replies wait too.
   */
  readonly whenRestFull?: "drop-oldest" | "wait"
}

/** Options of one request. */
export interface RequestOptions {
  /** The timeout of this request. Default: the option `timeout` of {@link make}. */
  readonly timeout?: Duration.DurationInput
}

/** The requests of a connection at one moment. */
export interface RequestsState {
  /** The number of sent requests without a reply. */
  readonly inFlight: number
  /** The number of requests that wait for their turn. */
  readonly waiting: number
  /** The number of messages that wait for a reader of `rest`. */
  readonly rest: number
  /** The number of messages that `rest` has dropped. */
  readonly restDropped: number
  /** The number of replies that came after the end of their request. They are dropped. */
  readonly lateReplies: number
}

/**
 * Sends requests over one connection and receives their replies. `Ask` is a message, or a function from an id to a
 * message.
 */
export interface Requests<In, Ask> {
  /**
   * Sends a request and waits for its reply. A message is the reply if its id or order matches the request and
   * `isReply` accepts it. `isReply` also gives the result its type. A message that `isReply` rejects goes to `rest`,
   * and the request keeps waiting. So `isReply` must accept error replies too.
   *
   * Fails with `RequestTimeout` at its deadline, and with another `RequestError` when the connection ends. After an
   * interruption or a timeout, a request that still waited for its turn is not sent. The reply to a request that was
   * sent is dropped when it arrives.
   */
  readonly request: {
    <Reply extends In>(
      ask: Ask,
      isReply: (message: In) => message is Reply,
      options?: RequestOptions,
    ): Effect.Effect<Reply, RequestError>
    (ask: Ask, isReply?: (message: In) => boolean, options?: RequestOptions): Effect.Effect<In, RequestError>
  }
  /**
   * The messages that answer no request, such as messages that the peer sends unasked, and replies with an unknown id.
   * The stream ends or fails when the messages of the connection do. Each message goes to one reader. A reader that
   * ends early leaves the remaining messages to the next reader.
   */
  readonly rest: Stream.Stream<In, ConnectionClosedError | CodecError>
  /** The counts at this moment. */
  readonly state: Effect.Effect<RequestsState>
}

const defaults = { maxInFlight: 256, restCapacity: 256, whenRestFull: "drop-oldest" } as const

/**
 * Sends requests over a connection and gives each reply to its request, until the scope closes. It reads all messages of
 * the connection, so nothing else may read them.
 *
 * `correlate`: use `"fifo"` for a protocol whose replies come in the order of the requests, such as RESP. Use
 * `{ idOf, nextId }` for a protocol whose replies carry the id of their request, such as Modbus/TCP and JSON-RPC.
 *
 * All requests fail after the peer's FIN, after the end of the connection, and after a failure to decode a message.
 * Later requests fail at once. With "fifo", do not use messages whose `onInvalid` is "skip": after a skipped reply, the
 * next reply would go to the wrong request. The end of the scope ends all requests and leaves the connection open.
 * Fails with `SettingsError` for an invalid option.
 *
 * @example
 * import { Effect, Schema } from "effect"
 * import { Client } from "tcpfx/client"
 * import { Codec, Framing, tcpEndpoint } from "tcpfx/domain"
 * import { Messages, Requests } from "tcpfx/protocol"
 * import { Handler, Server } from "tcpfx/server"
 * import { MemoryTransport } from "tcpfx/transport"
 *
 * const Call = Codec.json(Schema.Struct({ id: Schema.Number, text: Schema.String }))
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* Server.make({ settings: { frame: Framing.line }, handler: Handler.echo() })
 *   const { endpoint } = yield* server.listen(tcpEndpoint("127.0.0.1", 0))
 *   const client = yield* Client.make({ frame: Framing.line })
 *   const messages = Messages.of(yield* client.connect(endpoint), { receive: Call, send: Call })
 *   const requests = yield* Requests.make(messages, {
 *     correlate: { idOf: (reply) => reply.id, nextId: Requests.counter() },
 *     timeout: "5 seconds",
 *   })
 *   return yield* requests.request((id) => ({ id, text: "hello" }))
 * })
 * const reply = await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(MemoryTransport.layer())))
 * assert.deepEqual(reply, { id: 1, text: "hello" })
 */
export const make: {
  <In, Out>(
    messages: Messages<In, Out>,
    options: RequestsOptions & { readonly correlate: "fifo" },
  ): Effect.Effect<Requests<In, Out>, SettingsError, Scope.Scope>
  <In, Out, Id extends string | number>(
    messages: Messages<In, Out>,
    options: RequestsOptions & { readonly correlate: Ids<In, Id> },
  ): Effect.Effect<Requests<In, (id: Id) => Out>, SettingsError, Scope.Scope>
} = <In, Out, Id extends string | number>(
  messages: Messages<In, Out>,
  { correlate, ...options }: RequestsOptions & { readonly correlate: "fifo" | Ids<In, Id> },
): Effect.Effect<Requests<In, Out & ((id: Id) => Out)>, SettingsError, Scope.Scope> =>
  Effect.flatMap(
    check.checkSettings({ correlate }, { correlate: correlation }),
    ({ correlate }): Effect.Effect<Requests<In, Out & ((id: Id) => Out)>, SettingsError, Scope.Scope> =>
      correlate === "fifo"
        ? makeWith(messages, new InOrder<In, Out>(), options)
        : makeWith(messages, new ById<In, Out, Id>(correlate.idOf, correlate.nextId), options),
  )

const ids = check.objectWith(["idOf", "nextId"], '"fifo", or an object with the functions idOf and nextId')
const correlation: check.SettingCheck = { ...ids, accepts: (value) => value === "fifo" || ids.accepts(value) }

/**
 * Makes a function that counts from `first` to `last`, then begins again. Default 1 to 2^31 - 1. For Modbus/TCP, whose
 * ids have 16 bits, use `Requests.counter(0, 0xffff)`.
 *
 * @example
 * import { Requests } from "tcpfx/protocol"
 *
 * const nextId = Requests.counter(1, 2)
 * assert.deepEqual([nextId(), nextId(), nextId()], [1, 2, 1])
 */
export const counter = (first: number = 1, last: number = 0x7fff_ffff): (() => number) => {
  let next = first
  return () => {
    const id = next
    next = id >= last ? first : id + 1
    return id
  }
}

const requestSpan = inSpan({ name: "Requests.request", kind: "client" })

const closedHere = new ConnectionClosedError({ reason: closeReasons.localClosed })

const makeWith = <In, Out, Ask, Id extends string | number>(
  messages: Messages<In, Out>,
  correlation: Correlation<In, Out, Ask, Id>,
  options: RequestsOptions,
): Effect.Effect<Requests<In, Ask>, SettingsError, Scope.Scope> =>
  Effect.gen(function* () {
    const { maxInFlight, restCapacity, timeout, whenRestFull } = yield* checkOptions({ ...defaults, ...options })
    const timing = yield* makeTiming
    const rest = new Rest<In, ConnectionClosedError | CodecError>(restCapacity, whenRestFull)
    const exchange = new Exchange(messages, correlation, rest, timing, maxInFlight)
    yield* Effect.addFinalizer(() => Effect.sync(() => exchange.end(Effect.fail(closedHere), Exit.fail(closedHere))))
    yield* Effect.forkScoped(exchange.receiver)
    yield* Effect.forkScoped(exchange.sender)

    function request<Reply extends In>(
      ask: Ask,
      isReply: (message: In) => message is Reply,
      options?: RequestOptions,
    ): Effect.Effect<Reply, RequestError>
    function request(
      ask: Ask,
      isReply?: (message: In) => boolean,
      options?: RequestOptions,
    ): Effect.Effect<In, RequestError>
    function request(ask: Ask, isReply?: (message: In) => boolean, own: RequestOptions = {}) {
      const within = own.timeout === undefined ? timeout : Duration.decode(own.timeout)
      return requestSpan(exchange.request(ask, isReply, within))
    }
    return {
      request,
      rest: rest.stream,
      state: Effect.sync(() => ({
        inFlight: correlation.inFlight(),
        waiting: exchange.waitingCount(),
        rest: rest.length(),
        restDropped: rest.dropped,
        lateReplies: exchange.lateReplies,
      })),
    }
  })

const checkOptions = (options: Required<RequestsOptions>) =>
  check.checkSettings(options, {
    timeout: check.deadline,
    maxInFlight: check.limitOf("requests"),
    restCapacity: check.limitOf("messages"),
    whenRestFull: check.oneOfThese(["drop-oldest", "wait"]),
  })
