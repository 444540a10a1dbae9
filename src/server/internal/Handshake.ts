import {
  type Endpoint,
  type ProxiedBy,
  type ProxyHeader,
  ProxyHeaderDecoder,
  plainHost,
  type RefusalRule,
  tcpEndpoint,
} from "../../domain/index.ts"
import type { Tls, Wire, WireHandlers } from "../../transport/index.ts"
import type { AcceptedConnection } from "./AcceptedConnection.ts"
import type { AccessControl } from "./AccessControl.ts"

/**
 * The callbacks of a handshake. At the end of the handshake, `onOver` is called first, then exactly one of the other
 * two.
 */
export interface HandshakeOwner {
  readonly onAccepted: (accepted: AcceptedConnection) => void
  readonly onRefused: (remote: Endpoint, rule: RefusalRule) => void
  readonly onOver: () => void
}

/** The handshake of one new wire: the PROXY header, then TLS, each if the server requires it. */
export class Handshake implements WireHandlers {
  cancelDeadline: (() => void) | undefined
  private readonly wire: Wire
  private readonly tls: Tls.Acceptor | undefined
  private readonly access: AccessControl
  private readonly owner: HandshakeOwner
  private decoder: ProxyHeaderDecoder | undefined
  private remote: Endpoint
  private proxied: ProxiedBy | undefined
  /** Whether access control has accepted the client. Before that, the wire only has a reserved slot. */
  private isAccepted = true
  private cancelTls: (() => void) | undefined
  private isOver = false

  constructor(wire: Wire, tls: Tls.Acceptor | undefined, access: AccessControl, owner: HandshakeOwner) {
    this.wire = wire
    this.remote = wire.remote
    this.tls = tls
    this.access = access
    this.owner = owner
  }

  /** Begins with the PROXY header. The wire has a reserved slot; the header decides whether the client is accepted. */
  readHeader(): void {
    this.isAccepted = false
    this.decoder = new ProxyHeaderDecoder()
    this.wire.start(this)
  }

  /** Begins with TLS, or ends the handshake if the server has no TLS. */
  secure(): void {
    const { proxied, remote, wire } = this
    if (this.tls === undefined) {
      if (this.finish()) this.owner.onAccepted({ wire, remote, isPaused: true, ...(proxied && { proxied }) })
      return
    }
    this.cancelTls = this.tls.secure(wire, {
      onSecured: (secured, tls) => {
        if (this.finish()) this.owner.onAccepted({ wire: secured, remote, tls, ...(proxied && { proxied }) })
        else secured.destroy()
      },
      onFailed: (code) => this.refuse({ _tag: "HandshakeFailed", code }),
    })
  }

  /** Refuses the peer, unless the handshake is over. */
  refuse(rule: RefusalRule): void {
    if (!this.finish()) return
    if (this.isAccepted) this.access.leave(this.remote)
    else this.access.release()
    this.closeRefused(rule)
  }

  // --- events of the wire, while the PROXY header is read

  onData(bytes: Uint8Array): void {
    if (this.isOver || this.isAccepted || this.decoder === undefined) return
    const progress = this.decoder.push(bytes)
    if (progress._tag === "Invalid") this.refuse({ _tag: "ProxyHeaderInvalid", problem: progress.problem })
    if (progress._tag !== "Done") return
    // The bytes after the header belong to TLS or to the connection.
    this.wire.pause()
    this.wire.unread(progress.rest)
    this.onHeader(progress.header)
  }

  onEnd(): void {
    if (!this.isAccepted)
      this.refuse({ _tag: "ProxyHeaderInvalid", problem: "the connection ended before the header was complete" })
  }

  onDrain(): void {}

  onClose(): void {
    this.onEnd()
  }

  private onHeader(header: ProxyHeader): void {
    const { wire } = this
    const { command } = header
    const source = plain(header.source)
    const destination = plain(header.destination)
    this.proxied = { by: wire.remote, ...(destination && { destination }) }
    this.remote = source ?? wire.remote
    // `LOCAL`: the proxy connects on its own behalf, as for a health check. `proxyFrom` trusts the proxy, so the rules for
    // clients do not apply.
    const refusal =
      command === "local"
        ? this.access.countAddress(wire.remote)
        : this.access.acceptReserved(source, source ?? wire.remote)
    this.isAccepted = true
    if (refusal === undefined) this.secure()
    else if (this.finish()) this.closeRefused(refusal)
  }

  private closeRefused(rule: RefusalRule): void {
    if (this.cancelTls === undefined) this.wire.destroy()
    else this.cancelTls()
    this.owner.onRefused(this.remote, rule)
  }

  /** Ends the handshake. Returns `false` if it had ended before. */
  private finish(): boolean {
    if (this.isOver) return false
    this.isOver = true
    this.cancelDeadline?.()
    this.owner.onOver()
    return true
  }
}

/** Converts an endpoint of a PROXY header to the form in which the kernel shows endpoints. */
const plain = (endpoint: Endpoint | undefined): Endpoint | undefined =>
  endpoint?._tag === "Tcp" ? tcpEndpoint(plainHost(endpoint.host), endpoint.port) : endpoint
