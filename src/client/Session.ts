import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Connection } from "../connection/index.ts"
import type { ConnectError, ConnectionClosedError, InvalidPayloadError } from "../domain/index.ts"
import type { ReconnectSettings } from "./ClientConfig.ts"
import type { OutboxPolicy } from "./internal/Outbox.ts"

export { type OutboxPolicy, outboxPolicies } from "./internal/Outbox.ts"

/** Options of a session. */
export interface SessionOptions<E = never, R = never> {
  /**
   * Runs with each new connection before the outbox is sent and before `frames` continues, for example to log in and to
   * subscribe again. The resources that it acquires in its scope are released at the end of the connection. It may send
   * and receive on the connection.
   *
   * A failure or a defect is a loss with the reason `HandlerFailed`: the connection is reset, and the session connects
   * again after a delay. The end of the connection interrupts the effect. The session sets no deadline: use
   * `Effect.timeout` for a server that may not answer. Default: nothing.
   */
  readonly onConnect?: (connection: Connection) => Effect.Effect<void, E, R | Scope.Scope>
  /** When the session reconnects. Default `reconnectDefaults`. */
  readonly reconnect?: Partial<ReconnectSettings>
  /**
   * The capacity of the outbox, bytes: payloads wait there while there is no connection or the server is slow. Each payload
   * counts 32 bytes more than its length. A payload above the capacity is accepted when the outbox is empty. Default 1 MiB.
   */
  readonly outboxBytes?: number
  /**
   * What happens when the outbox is full. Default "wait": `send` waits. "drop-oldest" and "drop-newest" drop whole payloads,
   * which `FramesDropped` counts.
   */
  readonly whenFull?: OutboxPolicy
}

/** The state of a session at one moment. */
export interface SessionState {
  /** Whether there is a connection, and `onConnect` has succeeded with it. */
  readonly isConnected: boolean
  /** The payload bytes in the outbox. */
  readonly pendingBytes: number
  /** The payloads in the outbox. */
  readonly pendingFrames: number
}

/** The last loss of a session that ended by itself, after `maxAttempts` failures or a lasting TLS failure. */
export type SessionEnd = ConnectError | ConnectionClosedError

/** The parts of a session that do not carry payloads. Its connections are of type `C`. */
export interface SessionBase<C> {
  /**
   * The connection of the session now, if there is one, then each further connection after its `onConnect`. `closed` of
   * a connection waits for its end and returns the reason. A slow reader skips connections that have ended meanwhile.
   * The stream ends as the session does. Do not receive on these connections: the session itself receives.
   */
  readonly connections: Stream.Stream<C, SessionEnd>
  /** The state of the session now. */
  readonly state: Effect.Effect<SessionState>
  /**
   * Accepts no more payloads, sends the outbox, closes the connection gracefully, and ends the session. It waits while the
   * outbox has payloads, through any number of reconnects. The end of the scope drops the outbox.
   */
  readonly close: Effect.Effect<void>
}

/**
 * A connection that reconnects after each loss. Payloads that are sent meanwhile wait in a bounded outbox, in order.
 *
 * Each payload is written to one connection, whole, so no payload arrives twice. When a connection breaks, the payloads
 * that it has accepted and the server has not read are lost without a report. These are up to `outbox` bytes and one
 * payload that the kernel had not taken, and the bytes in the kernel's buffer. TCP does not report what a peer has
 * read. A protocol that needs this must have acknowledgements of its own.
 */
export interface Session extends SessionBase<Connection> {
  /**
   * Puts a payload into the outbox. Fails when the session has ended or is closing, or when the framing cannot carry the
   * payload as one frame.
   */
  readonly send: (payload: Uint8Array) => Effect.Effect<void, SessionEnd | InvalidPayloadError>
  /**
   * The payloads of all connections. The stream delivers everything that arrived on a broken connection before the
   * session reconnects. The session does not read from the socket while nothing pulls the stream. The stream has one
   * reader at a time. A reader that ends early, such as `Stream.runHead`, leaves the payloads that it has not taken to the
   * next reader. Without a reader, payloads that have arrived are lost with their connection.
   */
  readonly frames: Stream.Stream<Uint8Array, SessionEnd>
}
