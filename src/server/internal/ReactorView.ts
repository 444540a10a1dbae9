import type { ConnectionCore } from "../../connection/ConnectionCore.ts"
import { type ConnectionSettings, Hold } from "../../connection/ConnectionOwner.ts"
import { type ConnectionId, closeReasons } from "../../domain/index.ts"
import type { HubMember } from "../../hub/index.ts"
import type { ReactorConnection } from "../Handler.ts"
import type { Replies } from "./Replies.ts"

/** The connection behind a view. */
export interface ViewedConnection {
  readonly id: ConnectionId
  readonly core: ConnectionCore
  readonly member: HubMember
  readonly settings: ConnectionSettings
  /** The replies of the connection, made at the first use. */
  readonly replies: Replies
  /** The memory of the unsent replies, bytes. */
  readonly unsentReplies: () => number
  /** The number of bytes queued for the peer: in the socket, in the hub, and as replies. */
  readonly pendingInAll: () => number
  /** The maximum number of bytes queued for the peer. */
  readonly hubBudget: number
}

/**
 * The connection that a reactor gets. It has the public methods and does not expose the rest of the connection. A
 * server makes one view per connection, at the first call of the reactor, so a reactor can use the view as a key of a
 * map.
 */
export class ReactorView implements ReactorConnection {
  readonly #connection: ViewedConnection

  constructor(connection: ViewedConnection) {
    this.#connection = connection
  }

  get id(): ConnectionId {
    return this.#connection.id
  }

  write(wire: Uint8Array): void {
    const { core } = this.#connection
    if (!core.write(wire)) core.hold(Hold.output)
  }

  offer(wire: Uint8Array): boolean {
    const { core, hubBudget } = this.#connection
    if (!core.isWritable() || this.#connection.pendingInAll() > hubBudget) return false
    core.write(wire)
    return true
  }

  reply(payload: Uint8Array, times: number): void {
    const { core, replies } = this.#connection
    replies.add(payload, times)
    // If earlier bytes wait for the kernel, the replies are written after the kernel has taken these bytes.
    if (core.isTaken()) replies.flush()
    if (!core.isTaken()) core.hold(Hold.output)
  }

  unsentReplies(): number {
    return this.#connection.unsentReplies()
  }

  defer(more: () => void): void {
    const { core, replies } = this.#connection
    core.hold(Hold.reactor)
    replies.defer(() => {
      try {
        more()
      } catch (error) {
        core.fail(error)
      }
      if (!replies.isDeferred()) core.release(Hold.reactor)
    })
  }

  publish(run: Uint8Array): void {
    this.#connection.member.publish(run)
  }

  count(run: Uint8Array): number {
    return this.#connection.settings.framing.count(run)
  }

  close(): void {
    this.#connection.core.beginClose(closeReasons.localClosed)
  }
}
