import type { ConnectionCore } from "../../connection/ConnectionCore.ts"
import type { ConnectionId } from "../../domain/index.ts"
import type { HubMember } from "../../hub/index.ts"
import type { Waiters } from "../../runtime/Waiters.ts"

/** The connection behind its memberships. */
export interface JoiningConnection {
  readonly id: ConnectionId
  readonly core: ConnectionCore
  /** The membership in the hub of the server. */
  readonly member: HubMember
  /** Woken when a hub no longer blocks the connection as a publisher, and at the end of the connection. */
  readonly unblockWaiters: Waiters
  /** Whether the hub of the server blocks the connection as a publisher. */
  readonly isBlocked: boolean
  readonly onStalled: (pendingBytes: number) => void
  readonly onRecovered: () => void
  readonly onOverflow: (pendingBytes: number, budgetBytes: number) => void
  readonly onFailed: (error: unknown) => void
  readonly onDropped: (missed: number, total: number) => void
  /** Reports a run of whole frames that a hub writes to the connection. */
  readonly onDelivered: (run: Uint8Array) => void
}
