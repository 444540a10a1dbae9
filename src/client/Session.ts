import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { ConnectError, ConnectionClosedError } from "../domain/index.ts"
import type { ReconnectSettings } from "./ClientConfig.ts"
import type { OutboxPolicy } from "./internal/Outbox.ts"

export { type OutboxPolicy, outboxPolicies } from "./internal/Outbox.ts"

/** How a session keeps what is sent, and makes its connection again. */
export interface SessionOptions {
  readonly reconnect?: Partial<ReconnectSettings>
  /** What may be kept for sending, bytes, while there is no connection or its peer is slow. Default 1 MiB. */
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

/** Why a session came to its end by itself: the last loss, when `maxAttempts` have failed. */
export type SessionEnd = ConnectError | ConnectionClosedError

/**
 * A connection that is made again whenever it is lost. Payloads are kept in order until a connection has taken them.
 *
 * What a connection has taken is not sent again, and may be lost with it: TCP does not tell what its peer has read. The
 * one that was under way when it broke is sent again as a whole.
 */
export interface Session {
  /** Keeps a payload for sending. Fails when the session has ended. */
  readonly send: (payload: Uint8Array) => Effect.Effect<void, SessionEnd>
  /** What is received, over all connections. Reading is held back while nobody pulls. One reader. */
  readonly frames: Stream.Stream<Uint8Array, SessionEnd>
  readonly state: Effect.Effect<SessionState>
  /** Sends what is kept, however long that takes, closes the connection in order, and ends. */
  readonly close: Effect.Effect<void>
}
