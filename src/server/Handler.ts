import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Connection, HalfClosed } from "../connection/index.ts"
import type { CloseReason, ConnectionId, SendError, TlsSession } from "../domain/index.ts"
import type { MutableAttributes } from "./Attribute.ts"
import type { HubMembership, JoinableHub, JoinHubError, JoinHubOptions } from "./HubMembership.ts"
import { respondWith } from "./respondWith.ts"

/** A connection that a server accepted. */
export interface ServerConnection extends Connection {
  readonly id: ConnectionId
  /** The TLS session; `undefined` without TLS. */
  readonly tls: TlsSession | undefined
  /** The values that the program has set on the connection (`Attribute`). */
  readonly attributes: MutableAttributes
  /** Sends one payload to all other connections through the hub. Waits while the hub blocks publishers. */
  readonly broadcast: (payload: Uint8Array) => Effect.Effect<void, SendError>
  /**
   * Joins a hub besides the hub of the server, until the scope closes or the connection ends. The connection gets
   * everything that other members and programs publish there from now on, and nothing that it publishes itself. The
   * budget of the hub counts the bytes that all hubs together have queued for the connection. A slow connection is
   * treated as in the hub of the server: above the budget it is closed with `SlowConsumer`, misses frames, or blocks the
   * publishers of this hub.
   *
   * @example
   * import { Effect } from "effect"
   * import { Framing } from "tcpfx/domain"
   * import { Hub } from "tcpfx/hub"
   * import { Server } from "tcpfx/server"
   * import { MemoryTransport } from "tcpfx/transport"
   *
   * const program = Effect.gen(function* () {
   *   const news = yield* Hub.make({ framing: Framing.line })
   *   const server = yield* Server.make({
   *     settings: { frame: Framing.line },
   *     handler: (connection) =>
   *       Effect.gen(function* () {
   *         const member = yield* connection.join(news)
   *         yield* connection.runForEach((line) => member.publish(line))
   *       }),
   *   })
   *   yield* server.listen("127.0.0.1:0")
   * })
   * await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(MemoryTransport.layer())))
   */
  readonly join: (hub: JoinableHub, options?: JoinHubOptions) => Effect.Effect<HubMembership, JoinHubError, Scope.Scope>
}

/**
 * The program of one connection. It runs in a fiber and a scope of its own. After a success the connection is flushed and
 * closed, and everything that the program acquired is released. After a failure or a defect the connection ends with
 * `HandlerFailed`, or with `SlowConsumer` for a `SlowConsumerError`; if it has unsent bytes, it is reset. Other connections
 * are not affected.
 */
export type FiberHandler<E, R> = (connection: ServerConnection) => Effect.Effect<void, E, R | Scope.Scope>

/** The connection of a reactor. All methods are synchronous. */
export interface ReactorConnection {
  readonly id: ConnectionId
  /** Writes wire bytes to the peer. The server does not read from the peer until the kernel has taken the bytes. */
  readonly write: (wire: Uint8Array) => void
  /**
   * Writes wire bytes of another connection to the peer. Returns `false`, and writes nothing, if more than `hubBudget`
   * bytes are queued for the peer, or if the connection is closing. The server continues to read from the peer.
   */
  readonly offer: (wire: Uint8Array) => boolean
  /** Sends a payload `times` times, framed, as fast as the peer reads, with a `FrameSent` event for each. */
  readonly reply: (payload: Uint8Array, times: number) => void
  /** The memory of the unsent replies, bytes. */
  readonly unsentReplies: () => number
  /**
   * Calls `more` in a later turn of the event loop, when the kernel has taken all replies. Until then the server does
   * not read from the peer, and an orderly close waits. `more` may call `defer` again. It is not called after the
   * connection has ended. Several functions are called in the order in which they were given.
   */
  readonly defer: (more: () => void) => void
  /**
   * Publishes a run of whole frames to all other connections. The server does not read from the peer while the hub
   * blocks publishers.
   */
  readonly publish: (run: Uint8Array) => void
  /** The number of frames in a run. */
  readonly count: (run: Uint8Array) => number
  /** Closes the connection gracefully: flushes it, and sends FIN. */
  readonly close: () => void
}

/**
 * A handler of synchronous callbacks that get whole runs of frames. It needs no fiber step for each message. One
 * reactor serves all connections. An exception ends the connection with `HandlerFailed`.
 */
export interface Reactor {
  readonly _tag: "Reactor"
  readonly name: string
  /** The connection is open. No frame has arrived yet. Default: nothing happens. */
  readonly onOpen?: ((connection: ReactorConnection) => void) | undefined
  /** A run of whole frames has arrived. */
  readonly onRun: (connection: ReactorConnection, run: Uint8Array) => void
  /** The peer has sent FIN. `onRun` has received everything before it. */
  readonly onPeerEnd: (connection: ReactorConnection) => void
  /**
   * The connection has ended. Frames that the reactor publishes in this call still reach the other connections. Called
   * once, after `onOpen`. Default: nothing happens.
   */
  readonly onClose?: ((connection: ReactorConnection, reason: CloseReason) => void) | undefined
}

/** The program that serves each connection of a server: an effect in a fiber, or a reactor. */
export type Handler<E, R> = FiberHandler<E, R> | Reactor

export type { HalfClosed } from "../connection/index.ts"
export * from "./Actor.ts"

const onPeerEnd = (halfClosed: HalfClosed) => (connection: ReactorConnection) => {
  if (halfClosed === "close") connection.close()
}

/** Relays the frames of each connection to all others, byte for byte, in order. */
export const broker = (halfClosed: HalfClosed = "keep"): Reactor => ({
  _tag: "Reactor",
  name: "broker",
  onRun: (connection, run) => connection.publish(run),
  onPeerEnd: onPeerEnd(halfClosed),
})

/** Sends received bytes back (RFC 862). */
export const echo = (halfClosed: HalfClosed = "close"): Reactor => ({
  _tag: "Reactor",
  name: "echo",
  onRun: (connection, run) => connection.write(run),
  onPeerEnd: onPeerEnd(halfClosed),
})

/** Reads and drops everything (RFC 863). The events still contain the frames. */
export const discard = (halfClosed: HalfClosed = "close"): Reactor => ({
  _tag: "Reactor",
  name: "discard",
  onRun: () => {},
  onPeerEnd: onPeerEnd(halfClosed),
})

/** Sends the same payload for each received frame. */
export const reply = (payload: Uint8Array, halfClosed: HalfClosed = "close"): Reactor => ({
  _tag: "Reactor",
  name: "reply",
  onRun: (connection, run) => connection.reply(payload, connection.count(run)),
  onPeerEnd: onPeerEnd(halfClosed),
})

/** Options of {@link respond}. */
export interface RespondOptions {
  /**
   * How many payloads of a connection are answered at the same time. Default 1. The replies keep the order of the payloads:
   * a reply that is ready waits for the replies before it.
   */
  readonly concurrency?: number
}

/**
 * Options of {@link respond} for an effect that can fail. `P` is the type of the received values, and `Out` the type of
 * the replies: payloads, or the messages of a protocol.
 */
export interface RespondOnErrorOptions<E, E2, R2, P = Uint8Array, Out = Uint8Array> extends RespondOptions {
  /** Makes the reply to a payload or message whose effect failed. `undefined`: no reply. */
  readonly onError: (error: E, payload: P) => Effect.Effect<Out | undefined, E2, R2>
}

/**
 * Answers each payload with the result of an effect, in order. `undefined` sends no reply. While replies wait for the peer,
 * the connection stops reading. A failure without `onError` ends the connection with `HandlerFailed`. Throws `SettingsError` when
 * `concurrency` is invalid.
 *
 * @example
 * import { Effect, Option } from "effect"
 * import { Client } from "tcpfx/client"
 * import { Codec, Framing, tcpEndpoint } from "tcpfx/domain"
 * import { Handler, Server } from "tcpfx/server"
 * import { MemoryTransport } from "tcpfx/transport"
 *
 * const double = (line: Uint8Array) =>
 *   Effect.gen(function* () {
 *     const number = Number(yield* Codec.text.decode(line))
 *     if (Number.isNaN(number)) return yield* Effect.fail("not a number")
 *     return yield* Codec.text.encode(`${2 * number}`)
 *   })
 * const handler = Handler.respond(double, { onError: (problem) => Codec.text.encode(`ERR ${problem}`) })
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* Server.make({ settings: { frame: Framing.line }, handler })
 *   const { endpoint } = yield* server.listen(tcpEndpoint("127.0.0.1", 0))
 *   const client = yield* Client.make({ frame: Framing.line })
 *   const connection = yield* client.connect(endpoint)
 *   yield* connection.send(yield* Codec.text.encode("21"))
 *   return yield* Codec.text.decode(Option.getOrThrow(yield* connection.receive))
 * })
 * const reply = await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(MemoryTransport.layer())))
 * assert.equal(reply, "42")
 */
export const respond: {
  <E, R, E2, R2>(
    f: (payload: Uint8Array, connection: ServerConnection) => Effect.Effect<Uint8Array | undefined, E, R>,
    options: RespondOnErrorOptions<E, E2, R2>,
  ): FiberHandler<E2 | SendError, R | R2>
  <E, R>(
    f: (payload: Uint8Array, connection: ServerConnection) => Effect.Effect<Uint8Array | undefined, E, R>,
    options?: RespondOptions,
  ): FiberHandler<E | SendError, R>
} = <E, R, E2, R2>(
  f: (payload: Uint8Array, connection: ServerConnection) => Effect.Effect<Uint8Array | undefined, E, R>,
  options: RespondOptions & Partial<RespondOnErrorOptions<E, E2, R2>> = {},
): FiberHandler<E | E2 | SendError, R | R2> => {
  const answering = respondWith<Uint8Array, Uint8Array, SendError>()(options)
  return (connection) =>
    answering((payload) => f(payload, connection), {
      payloads: () => connection.frames,
      runForEach: connection.runForEach,
      send: connection.send,
      sendAll: connection.sendAll,
    })
}
