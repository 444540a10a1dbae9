import * as Duration from "effect/Duration"
import type { AddressSet, Endpoint, RefusalRule } from "../../domain/index.ts"
import type { Timing } from "../../runtime/Timing.ts"
import type { Tls, Wire } from "../../transport/index.ts"
import type { AcceptedConnection } from "./AcceptedConnection.ts"
import type { AccessControl } from "./AccessControl.ts"
import { Handshake } from "./Handshake.ts"
import type { Places } from "./Places.ts"

/** The handshakes that a server requires. */
export interface HandshakeSettings {
  /** The longest time from accept(2) to the opening of the connection. A slower peer is refused. */
  readonly timeout: Duration.Duration
  /** The proxies that may connect, each with a PROXY header. Absent: clients connect directly. */
  readonly proxies: AddressSet | undefined
  /** The bytes that a peer gets when a limit refuses it; `undefined` if it gets none. */
  readonly refusal: Uint8Array | undefined
}

/** The callbacks for the result of a new wire. Exactly one of them is called for each wire. */
export interface HandshakesOwner {
  readonly places: Pick<Places<never>, "freeGone" | "displaceOldest">
  readonly onAccepted: (accepted: AcceptedConnection) => void
  /** The wire is destroyed. `remote` is the peer as far as it is known. */
  readonly onRefused: (remote: Endpoint, rule: RefusalRule) => void
}

const notTrusted: RefusalRule = { _tag: "ProxyNotTrusted" }

/**
 * The handshakes in progress: what happens between accept(2) and the opening of a connection. Access control, the PROXY
 * header and TLS come in this order. Each wire has its own handshake and deadline, so a peer that sends nothing, or
 * nonsense, occupies one slot and delays no other peer.
 */
export class Handshakes {
  /** The TLS settings for new handshakes. Handshakes in progress keep the settings that they began with. */
  tls: Tls.Acceptor | undefined
  private readonly settings: HandshakeSettings
  private readonly timing: Timing
  private readonly access: AccessControl
  private readonly owner: HandshakesOwner
  private readonly inProgress = new Set<Handshake>()

  constructor(
    settings: HandshakeSettings,
    tls: Tls.Acceptor | undefined,
    timing: Timing,
    access: AccessControl,
    owner: HandshakesOwner,
  ) {
    this.settings = settings
    this.tls = tls
    this.timing = timing
    this.access = access
    this.owner = owner
  }

  /** Handles a new wire. It is accepted or refused in this call, unless it needs a handshake. */
  begin(wire: Wire): void {
    const { proxies } = this.settings
    const refusal =
      proxies === undefined
        ? this.access.accept(wire.remote, () => this.makeRoom(wire.remote))
        : this.reserveFor(proxies, wire.remote)
    if (refusal !== undefined) {
      this.tell(wire, refusal)
      wire.destroy()
      this.owner.onRefused(wire.remote, refusal)
    } else if (proxies === undefined && this.tls === undefined) {
      this.owner.onAccepted({ wire, remote: wire.remote })
    } else {
      this.start(wire, proxies !== undefined)
    }
  }

  /** Whether accepting a wire can depend on its address. */
  needsAddress(): boolean {
    return this.settings.proxies !== undefined || this.access.needsAddress()
  }

  /** The number of handshakes in progress. */
  get size(): number {
    return this.inProgress.size
  }

  /** Refuses the peers of all handshakes in progress. */
  refuseAll(rule: RefusalRule): void {
    for (const handshake of this.inProgress) handshake.refuse(rule)
  }

  /** Tells a peer that a limit refuses it. A TLS peer gets no bytes, because they would not be a TLS record. */
  private tell(wire: Wire, { _tag }: RefusalRule): void {
    const { refusal } = this.settings
    const isLimit = _tag === "TooManyConnections" || _tag === "TooManyOfAddress"
    if (refusal !== undefined && isLimit && this.tls === undefined) wire.write(refusal)
  }

  private makeRoom(remote: Endpoint): void {
    const { places } = this.owner
    places.freeGone(remote)
    // With TLS, the connection displaces others after its handshake.
    if (this.tls === undefined) places.displaceOldest(remote)
  }

  private reserveFor(proxies: AddressSet, remote: Endpoint): RefusalRule | undefined {
    // The permissions of a unix socket's file decide which proxies can connect to it.
    const isTrusted = remote._tag === "Unix" || proxies.find(remote.host) !== undefined
    return isTrusted ? this.access.reserve() : notTrusted
  }

  private start(wire: Wire, isProxied: boolean): void {
    const { timeout } = this.settings
    const handshake: Handshake = new Handshake(wire, this.tls, this.access, {
      onAccepted: this.owner.onAccepted,
      onRefused: this.owner.onRefused,
      onOver: () => this.inProgress.delete(handshake),
    })
    this.inProgress.add(handshake)
    handshake.cancelDeadline = this.timing.after(timeout, () =>
      handshake.refuse({ _tag: "HandshakeTimeout", timeoutMillis: Duration.toMillis(timeout) }),
    )
    if (isProxied) handshake.readHeader()
    else handshake.secure()
  }
}
