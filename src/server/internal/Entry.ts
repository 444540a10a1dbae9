import {
  type Endpoint,
  type ProxiedBy,
  type ProxyHeader,
  ProxyHeaderDecoder,
  plainHost,
  type RefusalRule,
  type TlsSession,
  tcpEndpoint,
} from "../../domain/index.ts"
import type { Tls, Wire, WireHandlers } from "../../transport/index.ts"
import type { Admission } from "./Admission.ts"

/** A wire that has become a connection, with what was learnt of its peer. */
export interface Arrival {
  readonly wire: Wire
  /** The peer; behind a proxy, the one on whose behalf that has connected. */
  readonly remote: Endpoint
  readonly tls?: TlsSession
  readonly proxied?: ProxiedBy
  /** Whether the wire was read for a header, and stands still with what came behind it. */
  readonly isPaused?: boolean
}

/** What an entry tells; exactly one of the first two, and then the last. */
export interface EntryOwner {
  readonly onArrival: (arrival: Arrival) => void
  readonly onRefused: (remote: Endpoint, rule: RefusalRule) => void
  readonly onOver: () => void
}

/** One newcomer on its way in: a header of its proxy, then TLS, each if asked for. */
export class Entry implements WireHandlers {
  deadline: (() => void) | undefined
  private readonly wire: Wire
  private readonly tls: Tls.Acceptor | undefined
  private readonly admission: Admission
  private readonly owner: EntryOwner
  private decoder: ProxyHeaderDecoder | undefined
  private remote: Endpoint
  private proxied: ProxiedBy | undefined
  private isAdmitted = true
  private cancel: (() => void) | undefined
  private isOver = false

  constructor(wire: Wire, tls: Tls.Acceptor | undefined, admission: Admission, owner: EntryOwner) {
    this.wire = wire
    this.remote = wire.remote
    this.tls = tls
    this.admission = admission
    this.owner = owner
  }

  /** Begins with the header; the newcomer has a slot, and is judged by what the header tells. */
  readHeader(): void {
    this.isAdmitted = false
    this.decoder = new ProxyHeaderDecoder()
    this.wire.start(this)
  }

  secure(): void {
    const { proxied, remote, wire } = this
    if (this.tls === undefined) {
      if (this.finish()) this.owner.onArrival({ wire, remote, isPaused: true, ...(proxied && { proxied }) })
      return
    }
    this.cancel = this.tls.secure(wire, {
      onSecured: (secured, tls) => {
        if (this.finish()) this.owner.onArrival({ wire: secured, remote, tls, ...(proxied && { proxied }) })
        else secured.destroy()
      },
      onFailed: (code) => this.refuse({ _tag: "HandshakeFailed", code }),
    })
  }

  refuse(rule: RefusalRule): void {
    if (!this.finish()) return
    if (this.isAdmitted) this.admission.leave(this.remote)
    else this.admission.release()
    this.turnAway(rule)
  }

  // --- from the wire, while it is read for a header

  onData(bytes: Uint8Array): void {
    if (this.isOver || this.isAdmitted || this.decoder === undefined) return
    const progress = this.decoder.push(bytes)
    if (progress._tag === "Invalid") this.refuse({ _tag: "ProxyHeaderInvalid", problem: progress.problem })
    if (progress._tag !== "Done") return
    // What came behind the header is for whoever reads next.
    this.wire.pause()
    this.wire.unread(progress.rest)
    this.onHeader(progress.header)
  }

  onEnd(): void {
    if (!this.isAdmitted)
      this.refuse({ _tag: "ProxyHeaderInvalid", problem: "the connection ended before it was whole" })
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
    // A proxy that connects for itself, as for a health check, is trusted by `proxyFrom`: rules for clients do not apply.
    const refusal =
      command === "local" ? this.admission.place(wire.remote) : this.admission.admit(source, source ?? wire.remote)
    this.isAdmitted = true
    if (refusal === undefined) this.secure()
    else if (this.finish()) this.turnAway(refusal)
  }

  private turnAway(rule: RefusalRule): void {
    if (this.cancel === undefined) this.wire.destroy()
    else this.cancel()
    this.owner.onRefused(this.remote, rule)
  }

  private finish(): boolean {
    if (this.isOver) return false
    this.isOver = true
    this.deadline?.()
    this.owner.onOver()
    return true
  }
}

/** An endpoint of a header as endpoints of the system are shown. */
const plain = (endpoint: Endpoint | undefined): Endpoint | undefined =>
  endpoint?._tag === "Tcp" ? tcpEndpoint(plainHost(endpoint.host), endpoint.port) : endpoint
