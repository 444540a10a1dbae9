import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { CloseReason, ConnectionClosedError, Endpoint, SendError } from "../domain/index.ts"
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
  /** The received payloads with their places, for typed messages (`Protocol` and `Messages` of `tcpfx/protocol`). */
  readonly [messageSource]: MessageSource
  readonly local: Endpoint
  readonly remote: Endpoint
  /**
   * Receives the next payload. Returns `None` after the peer's FIN and all payloads before it. If the connection has
   * broken, or the peer sent FIN in the middle of a frame (`FrameTruncated`), it fails after all payloads that had
   * arrived. An interruption during the wait loses nothing. A received
   * payload belongs to the caller: `Effect.raceFirst` drops the payload of the loser. So race {@link readable}, then
   * receive from the winner.
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
   * Sends one payload. If more than `outboxBytes` are then pending, it waits until the kernel has taken them. Fails at
   * once if the connection has ended or this side has sent FIN. Fails with `InvalidPayloadError` if the framing cannot
   * carry the payload as one frame (a line end in a line, more than `maxFrame` bytes). If it fails at once, no byte of
   * the payload was sent.
   */
  readonly send: (payload: Uint8Array) => Effect.Effect<void, SendError>
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
   * If more than `outboxBytes` are pending, waits until the kernel has taken them. Fails if the connection ends first.
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
   * Pauses reading until {@link resume}. TCP then stops the peer. Payloads that have arrived are still delivered. A
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
  /** Flushes, sends FIN and waits for the end, as long as the peer makes progress (`closeDeadline`). */
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
