import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { CloseReason, ConnectionClosedError, Endpoint, SendError } from "../domain/index.ts"

/** What remains of a connection when it has ended. */
export interface ConnectionEnd {
  readonly reason: CloseReason
  readonly bytesIn: number
  readonly bytesOut: number
  readonly lifetimeMillis: number
  /** Whether the peer ended TLS with close_notify; see {@link Connection} `closeNotify`. */
  readonly closeNotify?: boolean | undefined
}

/** What happens to a connection whose peer has sent FIN: it is closed too, or kept for what is still sent to the peer. */
export type HalfClosed = "close" | "keep"

/** One connected socket, for as long as its scope or fiber lives. Payloads are cut and marked by its framing. */
export interface Connection {
  readonly local: Endpoint
  readonly remote: Endpoint
  /**
   * The next payload; none once the peer has sent FIN and everything was given. Fails when the connection broke, after
   * everything that had arrived was given. An interruption while it waits loses nothing. A payload that it has taken is
   * the caller's: a race that drops the result of the loser (`Effect.raceFirst`) drops the loser's payload. Race
   * {@link readable}, then receive from the winner.
   */
  readonly receive: Effect.Effect<Option.Option<Uint8Array>, ConnectionClosedError>
  /** Waits until `receive` has an answer at once: a payload, the end, or a failure. It takes nothing, so it can be raced. */
  readonly readable: Effect.Effect<void>
  /**
   * All payloads until the peer's FIN. Reading is held back while nobody pulls. A pull takes up to 1024 payloads that have
   * arrived; a stream that ends early (`Stream.take`) drops those of its last pull that it has not used. To take some
   * payloads and leave the rest, use `receive`, or `runForEach` with an effect that fails.
   */
  readonly frames: Stream.Stream<Uint8Array, ConnectionClosedError>
  /**
   * Runs an effect for each payload, in order, until the peer's FIN. What `Stream.runForEach` does with `frames`, in about
   * half the time for each payload, and without what it takes to start a stream.
   */
  readonly runForEach: <E, R>(
    f: (payload: Uint8Array) => Effect.Effect<void, E, R>,
  ) => Effect.Effect<void, E | ConnectionClosedError, R>
  /**
   * Runs an effect for each payload, as `runForEach` does, and lends it the payload: once `giveBack` is called, now or
   * later, the socket reads into its memory again. A payload that is never given back stays as it is. In raw framing a
   * read takes up to 1 MiB without a copy, which moves bulk data at the speed of the system calls.
   */
  readonly runForEachLent: <E, R>(
    f: (payload: Uint8Array, giveBack: () => void) => Effect.Effect<void, E, R>,
  ) => Effect.Effect<void, E | ConnectionClosedError, R>
  /**
   * Sends one payload. Waits while `outboxBytes` and more wait to be taken by the system. Fails at once when the connection
   * has ended or this side has sent FIN, and with `InvalidPayloadError` when the framing cannot carry the payload as one
   * frame (a line end in a line, more than `maxFrame` bytes); nothing of it was sent then.
   */
  readonly send: (payload: Uint8Array) => Effect.Effect<void, SendError>
  /**
   * Sends what a stream gives until it ends, those that come together in one write, and waits as `send` does. What
   * `Stream.runForEach` does with `send`, in about half the time for each payload.
   */
  readonly sendAll: <E, R>(payloads: Stream.Stream<Uint8Array, E, R>) => Effect.Effect<void, E | SendError, R>
  /**
   * Sends one payload without waiting for room: the first half of `send`, whose second is `drained`. It fails only when
   * nothing of the payload was taken over, so whoever keeps payloads for another connection knows which to keep.
   */
  readonly sendNow: (payload: Uint8Array) => Effect.Effect<void, SendError>
  /** Waits while `outboxBytes` and more wait to be taken by the system; fails when the connection ends meanwhile. */
  readonly drained: Effect.Effect<void, ConnectionClosedError>
  /**
   * Waits until the peer has ended its side (FIN) and everything that it had sent was handed on, or until the connection
   * has ended. For a program that does not receive: it learns in no other way that its peer has gone.
   */
  readonly peerEnded: Effect.Effect<void>
  /**
   * Waits until this side winds the connection down: its server drains, or it is being closed. A program that neither
   * receives nor ends by itself should then come to its end.
   */
  readonly draining: Effect.Effect<void>
  /**
   * Reads nothing more from the peer until {@link resume}; TCP then holds the peer back. What has arrived is still given.
   * A paused peer cannot send, so no `idleTimeout`, `heartbeat` or `firstFrameTimeout` runs against it meanwhile. The end of
   * input (closing, draining) ends a pause. Pausing twice is pausing once.
   */
  readonly pause: Effect.Effect<void>
  /** Ends a pause. */
  readonly resume: Effect.Effect<void>
  /** Whether reading is paused by {@link pause}. */
  readonly paused: Effect.Effect<boolean>
  /** Handed over for sending and not taken by the system, bytes. */
  readonly pending: Effect.Effect<number>
  /** Sends FIN after everything sent so far; receiving goes on. */
  readonly halfClose: Effect.Effect<void>
  /** Flushes, sends FIN and waits for the end, for as long as the peer makes progress (`closeDeadline`). */
  readonly close: Effect.Effect<void>
  /** Ends it now, with RST. */
  readonly reset: Effect.Effect<void>
  /**
   * Whether the peer ended its side of TLS with close_notify (RFC 8446, section 6.1). False: TLS ended without it, so an
   * attacker or a crash may have cut off what the peer sent. Undefined without TLS, and while the peer has not ended its
   * side.
   */
  readonly closeNotify: Effect.Effect<boolean | undefined>
  /** Waits for the end. */
  readonly closed: Effect.Effect<ConnectionEnd>
}
