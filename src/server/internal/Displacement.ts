import { closeReasons, type Endpoint } from "../../domain/index.ts"
import type { AccessControl } from "./AccessControl.ts"

/** A connection that a newer one of its address can displace. */
export interface Displaceable {
  readonly core: { readonly remote: Endpoint; readonly abort: (reason: typeof closeReasons.displaced) => void }
}

/**
 * Closes the oldest connection of an address when a new one needs its place. A displaced connection stops to count at
 * once, because its socket may take a moment to close.
 */
export class Displacement<A extends Displaceable> {
  private readonly access: AccessControl
  /** The connections of each address, the oldest first. */
  private readonly open = new Map<string, Set<A>>()
  private readonly displaced = new Set<A>()

  constructor(access: AccessControl) {
    this.access = access
  }

  /** Displaces the oldest connections of an address until it may have one more. A peer without an address displaces none. */
  makeRoom(remote: Endpoint): void {
    const ofAddress = remote._tag === "Tcp" ? this.open.get(remote.host) : undefined
    if (ofAddress === undefined) return
    for (const oldest of ofAddress) {
      if (ofAddress.size < this.access.mostOfAddress) return
      this.forget(oldest)
      this.displaced.add(oldest)
      this.access.leave(remote)
      oldest.core.abort(closeReasons.displaced)
    }
  }

  add(connection: A): void {
    const { remote } = connection.core
    if (remote._tag !== "Tcp") return
    const ofAddress = this.open.get(remote.host)
    if (ofAddress === undefined) this.open.set(remote.host, new Set([connection]))
    else ofAddress.add(connection)
  }

  /** Removes a connection that has ended. Returns whether it still counts: a displaced connection no longer does. */
  remove(connection: A): boolean {
    if (this.displaced.delete(connection)) return false
    this.forget(connection)
    return true
  }

  private forget(connection: A): void {
    const { remote } = connection.core
    const ofAddress = remote._tag === "Tcp" ? this.open.get(remote.host) : undefined
    if (remote._tag !== "Tcp" || ofAddress === undefined) return
    ofAddress.delete(connection)
    if (ofAddress.size === 0) this.open.delete(remote.host)
  }
}
