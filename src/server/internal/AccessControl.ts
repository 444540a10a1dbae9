import { type AccessRules, type Endpoint, type RefusalRule, refusalOf } from "../../domain/index.ts"

/** How many connections may be open: in all, and from one address. */
export interface OpenLimits {
  readonly total: number
  readonly perAddress: number
  /** Whether a new connection of an address that has reached its limit displaces the oldest one. */
  readonly displaces?: boolean | undefined
}

/** The source of a peer's endpoint: the system, or the PROXY header of a proxy in front of the server. */
export type PeerSource = "system" | "proxy"

// All clients whose proxy names no address are counted under this key.
const withoutAddress = ""

/**
 * Accepts or refuses connections: by the access rules first, then by the number of open connections. Behind a proxy, a
 * connection first reserves a slot ({@link reserve}), and the rules are applied when its header has named the client.
 *
 * A peer on a unix socket has no address. The permissions of the socket's file decide whether it can connect, and
 * neither the rules nor the limit per address apply. A client whose proxy names no address is in no range, so a list in
 * `allow` refuses it. All such clients count as one address.
 */
export class AccessControl {
  /** The rules for new connections. They can be replaced at any time. */
  rules: AccessRules
  limits: OpenLimits
  private readonly source: PeerSource
  private open = 0
  private readonly openPerAddress = new Map<string, number>()

  constructor(rules: AccessRules, limits: OpenLimits, source: PeerSource) {
    this.rules = rules
    this.limits = limits
    this.source = source
  }

  /** Whether a decision can depend on the address of the peer. */
  needsAddress(): boolean {
    const { rules } = this
    return rules.allow.size > 0 || rules.deny.size > 0 || Number.isFinite(this.mostOfAddress)
  }

  /** How many connections one address may have open. If new connections displace old ones, there is always a limit. */
  get mostOfAddress(): number {
    const { displaces, perAddress } = this.limits
    return displaces === true && !Number.isFinite(perAddress) ? 1 : perAddress
  }

  /**
   * Accepts a connection, which counts as open until {@link leave}; or returns the rule that refuses it. If a limit is
   * reached, it calls `makeRoom`, which may free places, and looks again.
   */
  accept(remote: Endpoint, makeRoom?: () => void): RefusalRule | undefined {
    const refusal = remote._tag === "Unix" ? undefined : refusalOf(this.rules, remote)
    if (refusal !== undefined) return refusal
    if (makeRoom !== undefined && this.isFull(remote)) makeRoom()
    return this.reserve() ?? this.countAddress(remote)
  }

  private isFull(remote: Endpoint): boolean {
    if (this.open >= this.limits.total) return true
    const address = this.addressOf(remote)
    return address !== undefined && (this.openPerAddress.get(address) ?? 0) >= this.mostOfAddress
  }

  /** Takes a slot for a connection whose client is not known yet; or returns the rule that refuses it. */
  reserve(): RefusalRule | undefined {
    if (this.open >= this.limits.total) return { _tag: "TooManyConnections", limit: this.limits.total }
    this.open++
    return undefined
  }

  /**
   * Accepts a connection that has a slot, and counts it as open until {@link leave}; or frees the slot and returns the
   * rule that refuses the connection. `client`: the client that the header names, if it names one. `remote`: the
   * endpoint whose address counts.
   */
  acceptReserved(client: Endpoint | undefined, remote: Endpoint): RefusalRule | undefined {
    const refusal = refusalOf(this.rules, client ?? unnamed)
    if (refusal === undefined) return this.countAddress(remote)
    this.release()
    return refusal
  }

  /** Frees the slot of a connection that was reserved and not accepted. */
  release(): void {
    this.open--
  }

  /** Counts a connection that has a slot under its address; or frees the slot when the address has too many. */
  countAddress(remote: Endpoint): RefusalRule | undefined {
    const address = this.addressOf(remote)
    if (address === undefined) return undefined
    const open = this.openPerAddress.get(address) ?? 0
    const limit = address === withoutAddress ? this.limits.perAddress : this.mostOfAddress
    // A connection in its handshake displaces no other one yet, so the handshakes of an address have places of their own.
    const places = this.limits.displaces === true && address !== withoutAddress ? 2 * limit : limit
    if (open >= places) {
      this.release()
      return { _tag: "TooManyOfAddress", limit }
    }
    this.openPerAddress.set(address, open + 1)
    return undefined
  }

  /** An accepted connection has ended, or its handshake has failed. */
  leave(remote: Endpoint): void {
    this.release()
    const address = this.addressOf(remote)
    if (address === undefined) return
    const open = (this.openPerAddress.get(address) ?? 0) - 1
    if (open > 0) this.openPerAddress.set(address, open)
    else this.openPerAddress.delete(address)
  }

  private addressOf(remote: Endpoint): string | undefined {
    if (remote._tag === "Tcp") return remote.host
    return this.source === "proxy" ? withoutAddress : undefined
  }
}

const unnamed: Endpoint = { _tag: "Unix", path: "" }
