import * as Duration from "effect/Duration"
import type { AddressSet, Endpoint, RefusalRule } from "../../domain/index.ts"
import type { Timing } from "../../runtime/Timing.ts"
import type { Tls, Wire } from "../../transport/index.ts"
import type { Admission } from "./Admission.ts"
import { type Arrival, Entry } from "./Entry.ts"

/** What is asked of newcomers. */
export interface EntranceSettings {
  /** From accept until the opening, where there is a handshake. */
  readonly timeout: Duration.Duration
  /** Proxies that have to tell on whose behalf they connect; none where clients connect by themselves. */
  readonly proxies: AddressSet | undefined
}

/** What an entrance tells. */
export interface EntranceOwner {
  readonly onArrival: (arrival: Arrival) => void
  /** The wire is destroyed. The endpoint is that of the peer, as far as it is known. */
  readonly onRefused: (remote: Endpoint, rule: RefusalRule) => void
}

const notTrusted: RefusalRule = { _tag: "ProxyNotTrusted" }

/**
 * What stands between accept and the opening of a connection: who may come, the header of a proxy, TLS. Each newcomer
 * goes through it on its own and has until the deadline, so one that says nothing, or nonsense, costs its own slot and
 * holds up nobody.
 */
export class Entrance {
  /** Can be replaced; who is on its way in goes on with what it met. */
  tls: Tls.Acceptor | undefined
  private readonly settings: EntranceSettings
  private readonly timing: Timing
  private readonly admission: Admission
  private readonly owner: EntranceOwner
  private readonly entering = new Set<Entry>()

  constructor(
    settings: EntranceSettings,
    tls: Tls.Acceptor | undefined,
    timing: Timing,
    admission: Admission,
    owner: EntranceOwner,
  ) {
    this.settings = settings
    this.tls = tls
    this.timing = timing
    this.admission = admission
    this.owner = owner
  }

  /** Takes a newcomer in; at once, where nothing is asked of it. */
  enter(wire: Wire): void {
    const { proxies } = this.settings
    const refusal = proxies === undefined ? this.admission.enter(wire.remote) : this.proxyRefusal(proxies, wire.remote)
    if (refusal !== undefined) {
      wire.destroy()
      this.owner.onRefused(wire.remote, refusal)
    } else if (proxies === undefined && this.tls === undefined) {
      this.owner.onArrival({ wire, remote: wire.remote })
    } else {
      this.begin(wire, proxies !== undefined)
    }
  }

  /** Whether it depends on its address what becomes of a newcomer. */
  asksForAddresses(): boolean {
    return this.settings.proxies !== undefined || this.admission.asksForAddresses()
  }

  /** How many are on their way in. */
  get size(): number {
    return this.entering.size
  }

  /** Refuses all that are on their way in. */
  refuseAll(rule: RefusalRule): void {
    for (const entry of this.entering) entry.refuse(rule)
  }

  private proxyRefusal(proxies: AddressSet, remote: Endpoint): RefusalRule | undefined {
    // Who may connect to a unix socket is said by its file's permissions.
    const isTrusted = remote._tag === "Unix" || proxies.find(remote.host) !== undefined
    return isTrusted ? this.admission.reserve() : notTrusted
  }

  private begin(wire: Wire, isProxied: boolean): void {
    const { timeout } = this.settings
    const entry: Entry = new Entry(wire, this.tls, this.admission, {
      onArrival: this.owner.onArrival,
      onRefused: this.owner.onRefused,
      onOver: () => this.entering.delete(entry),
    })
    this.entering.add(entry)
    entry.deadline = this.timing.after(timeout, () =>
      entry.refuse({ _tag: "HandshakeTimeout", timeoutMillis: Duration.toMillis(timeout) }),
    )
    if (isProxied) entry.readHeader()
    else entry.secure()
  }
}
