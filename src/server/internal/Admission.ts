import { type AccessRules, type Endpoint, type RefusalRule, refusalOf } from "../../domain/index.ts"

/** How many connections may be open. */
export interface ConnectionLimits {
  readonly inAll: number
  readonly ofAddress: number
}

/** Who is let in: by the rules of access first, then by what is open already. */
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

  /** Why a newcomer is refused; or none, and it counts as open until {@link leave}. */
  enter(remote: Endpoint): RefusalRule | undefined {
    const { limits } = this
    const refusal = refusalOf(this.rules, remote)
    if (refusal !== undefined) return refusal
    if (this.open >= limits.inAll) return { _tag: "TooManyConnections", limit: limits.inAll }
    if (remote._tag === "Tcp") {
      const address = plain(remote.host)
      const open = this.ofAddress.get(address) ?? 0
      if (open >= limits.ofAddress) return { _tag: "TooManyOfAddress", limit: limits.ofAddress }
      this.ofAddress.set(address, open + 1)
    }
    this.open++
    return undefined
  }

  /** A connection has ended, or did not come to be. */
  leave(remote: Endpoint): void {
    this.open--
    if (remote._tag === "Unix") return
    const address = plain(remote.host)
    const open = (this.ofAddress.get(address) ?? 0) - 1
    if (open > 0) this.ofAddress.set(address, open)
    else this.ofAddress.delete(address)
  }
}

// The same host, whichever way a dual-stack listener writes it.
const plain = (host: string): string => (host.startsWith("::ffff:") && host.includes(".") ? host.slice(7) : host)
