import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { CloseReason, ConnectionClosedError, Endpoint, SendError } from "../domain/index.ts"
import { relay } from "./internal/relay.ts"
import type { MessageSource, messageSource } from "./MessageSource.ts"

/** The result of a connection after its end. */
export interface ConnectionEnd {
  readonly reason: CloseReason
  readonly bytesIn: number
  readonly bytesOut: number
  readonly lifetimeMillis: number
  /** Whether the peer ended TLS with close_notify; see {@link Connection} `closeNotify`. */
  readonly closeNotify?: boolean | undefined
}

/**
 * What happens after the FIN of the peer. "close": the connection is closed too. "keep": this side can continue to
 * send.
 */
export type HalfClosed = "close" | "keep"

/**
 * One connected socket. It lives as long as its scope or fiber. Its framing cuts received bytes into payloads and marks
 * sent payloads.
 */
export interface Connection {
  /**
   * The received payloads with their ordinals and offsets, for typed messages (`Protocol` and `Messages` of
   * `tcpfx/protocol`).
   */
  readonly [messageSource]: MessageSource
  readonly local: Endpoint
  readonly remote: Endpoint
  /**
   * Receives the next payload. Returns `None` after the peer's FIN and all payloads before it. If the connection has
   * broken, or the peer sent FIN in the middle of a frame (`FrameTruncated`), it fails after all payloads that had
   * arrived. An interruption during the wait loses nothing. A received payload belongs to the caller:
   * `Effect.raceFirst` drops the payload of the loser. So race {@link readable}, then receive from the winner.
   */
  readonly receive: Effect.Effect<Option.Option<Uint8Array>, ConnectionClosedError>
  /**
   * Waits until `receive` can answer at once with a payload, the end or a failure. It takes no payload, so it can be
   * raced.
   */
  readonly readable: Effect.Effect<void>
  /**
   * All payloads until the peer's FIN. While nothing pulls the stream, the connection stops reading from the socket.
   * One pull takes up to 1024 payloads that have arrived. A stream that ends early (`Stream.take`) drops the unused
   * payloads of its last pull. To take some payloads and leave the rest, use `receive`, or `runForEach` with an effect
   * that fails.
   */
  readonly frames: Stream.Stream<Uint8Array, ConnectionClosedError>
  /**
   * Runs an effect for each payload, in order, until the peer's FIN. It does the same as `Stream.runForEach` with
   * `frames`, in about half the time for each payload, and without the cost of starting a stream.
   */
  readonly runForEach: <E, R>(
    f: (payload: Uint8Array) => Effect.Effect<void, E, R>,
  ) => Effect.Effect<void, E | ConnectionClosedError, R>
  /**
   * Like `runForEach`, and lends each payload to its effect. After `recycle`, during the effect or later, the socket
   * reads into the memory of the payload again. Without `recycle` the payload stays unchanged. With raw framing, a
   * read receives up to 1 MiB without a copy, so bulk data moves at the speed of the system calls.
   */
  readonly runForEachLent: <E, R>(
    f: (payload: Uint8Array, recycle: () => void) => Effect.Effect<void, E, R>,
  ) => Effect.Effect<void, E | ConnectionClosedError, R>
  /**
   * Sends one payload. If more than `outbox` bytes are then pending, it waits until the kernel has taken them. Fails at
   * once if the connection has ended or this side has sent FIN. Fails with `InvalidPayloadError` if the framing cannot
   * carry the payload as one frame (a line end in a line, more than `maxFrame` bytes). If it fails at once, no byte of
   * the payload was sent.
   */
  readonly send: (payload: Uint8Array) => Effect.Effect<void, SendError>
  /** {@link send} for a text, in UTF-8. A framing such as `Framing.line` adds the line end. */
  readonly sendText: (text: string) => Effect.Effect<void, SendError>
  /**
   * Sends one payload if at most `outbox` bytes are pending, and never waits. Returns `false`, and sends nothing, if more
   * bytes are pending. So a program can drop or merge values for a slow peer. Fails as {@link send} does.
   */
  readonly trySend: (payload: Uint8Array) => Effect.Effect<boolean, SendError>
  /**
   * Sends all payloads of a stream. The payloads of one chunk go out in one write. It waits like `send`. It does the
   * same as `Stream.runForEach` with `send`, in about half the time for each payload.
   */
  readonly sendAll: <E, R>(payloads: Stream.Stream<Uint8Array, E, R>) => Effect.Effect<void, E | SendError, R>
  /**
   * Sends one payload without waiting for room. `send` is `sendNow` followed by `drained`. `sendNow` fails only if
   * nothing of the payload was sent. So a program that repeats payloads on another connection knows which payloads to
   * repeat.
   */
  readonly sendNow: (payload: Uint8Array) => Effect.Effect<void, SendError>
  /**
   * If more than `outbox` bytes are pending, waits until the kernel has taken them. Fails if the connection ends first.
   */
  readonly drained: Effect.Effect<void, ConnectionClosedError>
  /**
   * Waits until the peer has sent FIN and everything before it was delivered, or until the connection has ended. A
   * program that does not receive can notice the peer's FIN in no other way.
   */
  readonly peerEnded: Effect.Effect<void>
  /**
   * Waits until the server drains or this side begins to close the connection. A program that receives then sees the
   * end of the input. A program that does not receive should wait for `draining` and then end.
   */
  readonly draining: Effect.Effect<void>
  /**
   * Pauses reading until {@link resume}, so the TCP window closes. Payloads that have arrived are still delivered. A
   * paused peer cannot send, so `idleTimeout`, `heartbeat` and `firstFrameTimeout` do not run against it. The end of
   * input (closing, draining) ends a pause. A second pause has no effect.
   */
  readonly pause: Effect.Effect<void>
  /** Ends a pause. */
  readonly resume: Effect.Effect<void>
  /** Whether reading is paused by {@link pause}. */
  readonly paused: Effect.Effect<boolean>
  /** The number of sent bytes that the kernel has not taken. */
  readonly pending: Effect.Effect<number>
  /** Sends FIN after all sent payloads. Receiving continues. */
  readonly halfClose: Effect.Effect<void>
  /** Flushes, sends FIN and waits for the end. A connection that makes no progress for `closeDeadline` is reset. */
  readonly close: Effect.Effect<void>
  /** Resets the connection at once (RST) and waits for its end. */
  readonly reset: Effect.Effect<void>
  /**
   * Whether the peer ended its side of TLS with close_notify (RFC 8446, section 6.1). `false`: TLS ended without it, so
   * an attacker or a crash may have cut off data of the peer. `undefined`: the connection has no TLS, or the peer has
   * not ended its side.
   */
  readonly closeNotify: Effect.Effect<boolean | undefined>
  /** Waits for the end of the connection. */
  readonly closed: Effect.Effect<ConnectionEnd>
}

/** The result of {@link Connection.relay}. */
export interface RelayEnd {
  /** The bytes of the payloads that the first connection has received. */
  readonly bytesFromA: number
  /** The bytes of the payloads that the second connection has received. */
  readonly bytesFromB: number
  /** Why the relay ended early. Absent if both peers have sent FIN and everything was passed on. */
  readonly error?: SendError
}

/** Functions for connections. */
export const Connection: {
  /**
   * Relays between two connections until both peers have sent FIN, then flushes and closes both. A FIN is passed on
   * after the payloads before it, while the other direction continues. While one peer does not read, the relay does not
   * read from the other peer. The relay resets both connections if one of them breaks, if a payload cannot be one frame
   * on the other side, or if the relay is interrupted. Payloads are framed again, so the two connections can have
   * different framings.
   *
   * A client connection needs the setting `halfClosed: "keep"`, so that the relay can continue to send to a server that
   * has sent FIN. The proxy's own server needs it too if a peer can send FIN before the relay runs, for example while
   * the handler still connects. The handler of a server is interrupted when its own connection breaks; the relay then
   * resets the other connection. An interrupted relay has no result. `closed` of each connection then has the numbers
   * of bytes, which include the bytes of the framing.
   *
   * @example
   * import { Effect, Option } from "effect"
   * import { Client } from "tcpfx/client"
   * import { Connection } from "tcpfx/connection"
   * import { Handler, Server } from "tcpfx/server"
   * import { MemoryTransport } from "tcpfx/transport"
   *
   * const program = Effect.gen(function* () {
   *   const target = yield* Server.make({ handler: Handler.echo() })
   *   yield* target.listen("127.0.0.1:9000")
   *   const client = yield* Client.make({ halfClosed: "keep" })
   *   const proxy = yield* Server.make({
   *     handler: (down) => Effect.flatMap(client.connect("127.0.0.1:9000"), (up) => Connection.relay(down, up)),
   *   })
   *   yield* proxy.listen("127.0.0.1:8000")
   *   const connection = yield* client.connect("127.0.0.1:8000")
   *   yield* connection.sendText("through the proxy")
   *   return yield* connection.receive
   * })
   * const answer = await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(MemoryTransport.layer())))
   * assert.equal(new TextDecoder().decode(Option.getOrThrow(answer)), "through the proxy")
   */
  readonly relay: (a: Connection, b: Connection) => Effect.Effect<RelayEnd>
} = { relay }
