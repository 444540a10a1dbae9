import type * as Effect from "effect/Effect"
import type { CloseReason, ConnectionId, Endpoint, SendError } from "../../domain/index.ts"
import type { ConnectionInfo } from "../ServerState.ts"

/** An open connection of a server: in this process (`ConnectionActor`), or in another one (`HostedConnection`). */
export interface OpenConnection {
  readonly id: ConnectionId
  readonly remote: Endpoint
  readonly bytesIn: () => number
  readonly bytesOut: () => number
  /** The number of bytes that are queued in the socket. */
  readonly pendingBytes: () => number
  /** The number of bytes queued for the peer: in the socket, in the hub, and as replies. */
  readonly pendingInAll: () => number
  readonly info: () => ConnectionInfo
  readonly isWritable: () => boolean
  /** Whether the kernel has ended the connection, although its event has not arrived yet. */
  readonly isGone: () => boolean
  /** Sends a payload to the peer, framed as `wire`, without an event. */
  readonly sendQuietly: (payload: Uint8Array, wire: Uint8Array) => void
  /** For a connection in another process: waits until that process has taken most of the sent payloads. */
  readonly taken: Effect.Effect<void> | undefined
  readonly send: (payload: Uint8Array) => Effect.Effect<void, SendError>
  readonly halfClose: Effect.Effect<void>
  readonly pause: () => void
  readonly resume: () => void
  readonly holdForEvents: (isHeld: boolean) => void
  /** The bytes queued for the peer exceed its budget under the policy `disconnect`. */
  readonly onOverflow: (pendingBytes: number, budgetBytes: number) => void
  /** Begins an orderly end: a handler gets the rest of the input, a reactor's connection is flushed and closed. */
  readonly drain: () => void
  /** Closes the connection gracefully. */
  readonly close: (reason: CloseReason) => void
  /** Resets the connection. Its handler continues. */
  readonly reset: (reason: CloseReason) => void
  /** Resets the connection and interrupts its handler. */
  readonly abort: (reason: CloseReason) => void
  /** Ends the connection at once. */
  readonly destroy: (reason: CloseReason) => void
}
