import { type AccessRules, type Endpoint, type RefusalRule, refusalOf } from "../../domain/index.ts"

/** How many connections may be open. */
export interface ConnectionLimits {
  readonly inAll: number
  readonly ofAddress: number
}

/** Whose word the endpoint of a peer is: that of the system, or that of a proxy in front of the server. */
export type PeerSource = "system" | "proxy"

// Clients of which a proxy tells no address are counted together.
const withoutAddress = ""

/**
 * Decides which connections are accepted: by the rules of access first, then by what is open already. Where a proxy
 * names the client, a connection takes a slot first ({@link reserve}) and is judged when its header is read.
 *
 * A peer that the system knows by a unix socket has no address; the permissions of the socket's file decide about it, and
 * neither rules nor limits of addresses apply. A client that a proxy tells of without an address is in no range, so it is
 * refused where there is an `allow`, and all such clients count as one address.
 */
export class Admission {
  /** Can be replaced while connections are open; those stay. */
  rules: AccessRules
  limits: ConnectionLimits
  private readonly source: PeerSource
  private open = 0
  private readonly ofAddress = new Map<string, number>()

  constructor(rules: AccessRules, limits: ConnectionLimits, source: PeerSource) {
    this.rules = rules
    this.limits = limits
    this.source = source
  }

  /** Whether the address of a peer decides about it. */
  asksForAddresses(): boolean {
    const { limits, rules } = this
    return rules.allow.size > 0 || rules.deny.size > 0 || Number.isFinite(limits.ofAddress)
  }

  /** Why a new connection is refused; or none, and it counts as open until {@link leave}. */
  enter(remote: Endpoint): RefusalRule | undefined {
    const refusal = remote._tag === "Unix" ? undefined : refusalOf(this.rules, remote)
    return refusal ?? this.reserve() ?? this.place(remote)
  }

  /** Takes a slot for a connection whose client is not known yet; or says why there is none. */
  reserve(): RefusalRule | undefined {
    if (this.open >= this.limits.inAll) return { _tag: "TooManyConnections", limit: this.limits.inAll }
    this.open++
    return undefined
  }

  /**
   * Why a client that has a slot is refused, which frees the slot; or none, and it counts as open until {@link leave}.
   * `client`: the client as the proxy tells of it, nothing if the proxy does not; `remote`: what it is counted by.
   */
  admit(client: Endpoint | undefined, remote: Endpoint): RefusalRule | undefined {
    const refusal = refusalOf(this.rules, client ?? nobody)
    if (refusal === undefined) return this.place(remote)
    this.release()
    return refusal
  }

  /** Gives back a slot of a connection that was not admitted. */
  release(): void {
    this.open--
  }

  /** Counts a connection that has a slot under its address; or says why there are too many, which frees the slot. */
  place(remote: Endpoint): RefusalRule | undefined {
    const address = this.addressOf(remote)
    if (address === undefined) return undefined
    const open = this.ofAddress.get(address) ?? 0
    const { ofAddress: limit } = this.limits
    if (open >= limit) {
      this.release()
      return { _tag: "TooManyOfAddress", limit }
    }
    this.ofAddress.set(address, open + 1)
    return undefined
  }

  /** A connection has ended, or did not come to be. */
  leave(remote: Endpoint): void {
    this.release()
    const address = this.addressOf(remote)
    if (address === undefined) return
    const open = (this.ofAddress.get(address) ?? 0) - 1
    if (open > 0) this.ofAddress.set(address, open)
    else this.ofAddress.delete(address)
  }

  private addressOf(remote: Endpoint): string | undefined {
    if (remote._tag === "Tcp") return remote.host
    return this.source === "proxy" ? withoutAddress : undefined
  }
}

const nobody: Endpoint = { _tag: "Unix", path: "" }
