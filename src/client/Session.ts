import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { ConnectError, ConnectionClosedError, InvalidPayloadError } from "../domain/index.ts"
import type { ReconnectSettings } from "./ClientConfig.ts"
import type { OutboxPolicy } from "./internal/Outbox.ts"

export { type OutboxPolicy, outboxPolicies } from "./internal/Outbox.ts"

/** How a session keeps what is sent, and makes its connection again. */
export interface SessionOptions {
  readonly reconnect?: Partial<ReconnectSettings>
  /**
   * What may be kept for sending, bytes, while there is no connection or its peer is slow; a payload counts 32 more.
   * Default 1 MiB. One that is larger than that is kept when it is alone.
   */
  readonly outboxBytes?: number
  /**
   * What happens beyond that. Default "wait": the sender waits. "drop-oldest" and "drop-newest" lose whole payloads,
   * which `FramesDropped` counts.
   */
  readonly whenFull?: OutboxPolicy
}

/** What a session is doing at one moment. */
export interface SessionState {
  readonly isConnected: boolean
  /** Kept for sending. */
  readonly pendingBytes: number
  readonly pendingFrames: number
}

/** Why a session ended by itself: the last loss, when `maxAttempts` have failed or TLS failed for good. */
export type SessionEnd = ConnectError | ConnectionClosedError

/**
 * A connection that is made again whenever it is lost. What is sent meanwhile is kept, in order, within a bound.
 *
 * A payload is handed to one connection, whole, and never to a second: none comes twice. When a connection breaks, what
 * it had been handed and its peer had not read is lost, without a word: up to `outbox` bytes and one payload that the
 * system had not taken, and what the system held. TCP does not tell what a peer has read; a protocol that has to know
 * acknowledges.
 */
export interface Session {
  /**
   * Keeps a payload for sending. Fails when the session has ended, or is being closed, or when the framing cannot carry the
   * payload as one frame.
   */
  readonly send: (payload: Uint8Array) => Effect.Effect<void, SessionEnd | InvalidPayloadError>
  /**
   * What is received, over all connections: of one that broke, everything that had arrived, before the next is made.
   * Reading is held back while nobody pulls. One reader; without any, what had arrived goes with its connection.
   */
  readonly frames: Stream.Stream<Uint8Array, SessionEnd>
  readonly state: Effect.Effect<SessionState>
  /**
   * Takes nothing more, sends what is kept, closes the connection in order, and ends. While something is kept and the
   * server is away this waits, for as long as connections are made again; the end of the scope drops what is kept.
   */
  readonly close: Effect.Effect<void>
}
