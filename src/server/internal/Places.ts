import { closeReasons, type Endpoint } from "../../domain/index.ts"
import type { AccessControl } from "./AccessControl.ts"

/** A connection that has a place among those that may be open. */
export interface Placed {
  readonly remote: Endpoint
  /** Whether the kernel has ended the connection, although its event has not arrived yet. */
  readonly isGone: () => boolean
  readonly reset: (reason: typeof closeReasons.displaced) => void
}

/**
 * Frees places of open connections for a new connection. A connection that has lost its place no longer counts, although
 * its socket may take a moment to close.
 *
 * A device that dials again from its old port resets its old connection (RFC 5961, section 4), and its new connection can
 * arrive in the same turn of the event loop as that reset, and before it.
 */
export class Places<A extends Placed> {
  private readonly access: AccessControl
  private readonly all: Iterable<A>
  private readonly displaces: boolean
  /** The connections of each address, the oldest first. Empty unless new connections displace old ones. */
  private readonly ofAddress = new Map<string, Set<A>>()
  private readonly withoutPlace = new Set<A>()

  constructor(access: AccessControl, all: Iterable<A>, displaces: boolean) {
    this.access = access
    this.all = all
    this.displaces = displaces
  }

  /** Frees the places of connections with the same remote endpoint that the kernel has ended. */
  freeGone(remote: Endpoint): void {
    if (remote._tag !== "Tcp") return
    for (const one of this.all) {
      const { remote: other } = one
      if (other._tag !== "Tcp" || other.port !== remote.port || other.host !== remote.host) continue
      if (!this.withoutPlace.has(one) && one.isGone()) this.free(one)
    }
  }

  /** Displaces the oldest connections of an address until it may have one more. A peer without an address displaces none. */
  displaceOldest(remote: Endpoint): void {
    const open = remote._tag === "Tcp" ? this.ofAddress.get(remote.host) : undefined
    if (open === undefined) return
    for (const oldest of open) {
      if (open.size < this.access.mostOfAddress) return
      this.free(oldest)
      oldest.reset(closeReasons.displaced)
    }
  }

  add(connection: A): void {
    const { remote } = connection
    if (!this.displaces || remote._tag !== "Tcp") return
    const open = this.ofAddress.get(remote.host)
    if (open === undefined) this.ofAddress.set(remote.host, new Set([connection]))
    else open.add(connection)
  }

  /** Frees the place of a connection that has ended, unless it has lost its place before. */
  remove(connection: A): void {
    if (!this.withoutPlace.delete(connection)) this.leave(connection)
  }

  private free(connection: A): void {
    this.withoutPlace.add(connection)
    this.leave(connection)
  }

  private leave(connection: A): void {
    const { remote } = connection
    this.access.leave(remote)
    const open = remote._tag === "Tcp" ? this.ofAddress.get(remote.host) : undefined
    if (remote._tag !== "Tcp" || open === undefined) return
    open.delete(connection)
    if (open.size === 0) this.ofAddress.delete(remote.host)
  }
}
