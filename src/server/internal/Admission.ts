import { type AccessRules, type Endpoint, type RefusalRule, refusalOf } from "../../domain/index.ts"

/** How many connections may be open. */
export interface ConnectionLimits {
  readonly inAll: number
  readonly ofAddress: number
}

/**
 * Who is let in: by the rules of access first, then by what is open already. One whose address is told by a proxy takes
 * a slot first ({@link reserve}), and is judged when it is known ({@link admit}).
 */
export class Admission {
  /** Can be replaced while connections are open; those stay. */
  rules: AccessRules
  limits: ConnectionLimits
  private open = 0
  private readonly ofAddress = new Map<string, number>()

  constructor(rules: AccessRules, limits: ConnectionLimits) {
    this.rules = rules
    this.limits = limits
  }

  /** Whether it depends on its address whether somebody is let in. */
  asksForAddresses(): boolean {
    const { limits, rules } = this
    return rules.allow.length > 0 || rules.deny.length > 0 || Number.isFinite(limits.ofAddress)
  }

  /** Why a newcomer is refused; or none, and it counts as open until {@link leave}. */
  enter(remote: Endpoint): RefusalRule | undefined {
    return refusalOf(this.rules, remote) ?? this.reserve() ?? this.placed(remote)
  }

  /** Takes a slot for one whose address is not known yet; or why there is none. */
  reserve(): RefusalRule | undefined {
    if (this.open >= this.limits.inAll) return { _tag: "TooManyConnections", limit: this.limits.inAll }
    this.open++
    return undefined
  }

  /** Why one that has a slot is refused, which frees the slot; or none, and it counts as open until {@link leave}. */
  admit(remote: Endpoint): RefusalRule | undefined {
    const refusal = refusalOf(this.rules, remote)
    if (refusal === undefined) return this.placed(remote)
    this.release()
    return refusal
  }

  /** Gives back a slot of one that was not admitted. */
  release(): void {
    this.open--
  }

  /** Lets in one that has a slot, without a question. */
  count(remote: Endpoint): undefined {
    if (remote._tag === "Unix") return
    const address = plain(remote.host)
    this.ofAddress.set(address, (this.ofAddress.get(address) ?? 0) + 1)
  }

  /** A connection has ended, or did not come to be. */
  leave(remote: Endpoint): void {
    this.release()
    if (remote._tag === "Unix") return
    const address = plain(remote.host)
    const open = (this.ofAddress.get(address) ?? 0) - 1
    if (open > 0) this.ofAddress.set(address, open)
    else this.ofAddress.delete(address)
  }

  private placed(remote: Endpoint): RefusalRule | undefined {
    const { ofAddress } = this.limits
    if (remote._tag === "Tcp" && (this.ofAddress.get(plain(remote.host)) ?? 0) >= ofAddress) {
      this.release()
      return { _tag: "TooManyOfAddress", limit: ofAddress }
    }
    this.count(remote)
    return undefined
  }
}

// The same host, whichever way a dual-stack listener writes it.
const plain = (host: string): string => (host.startsWith("::ffff:") && host.includes(".") ? host.slice(7) : host)
