import * as Duration from "effect/Duration"
import type { Endpoint, RefusalRule, TlsSession } from "../../domain/index.ts"
import type { Timing } from "../../runtime/Timing.ts"
import type { Tls, Wire } from "../../transport/index.ts"

/** A wire that may become a connection, with what was learnt of its peer. */
export interface Arrival {
  readonly wire: Wire
  readonly remote: Endpoint
  readonly tls?: TlsSession
}

/** What an entrance tells. */
export interface EntranceOwner {
  readonly onArrival: (arrival: Arrival) => void
  /** The wire is destroyed. */
  readonly onRefused: (wire: Wire, rule: RefusalRule) => void
}

/**
 * What stands between accept and the opening of a connection. Each newcomer goes through it on its own and has until
 * the deadline, so one that says nothing, or nonsense, costs its own slot and holds up nobody.
 */
export class Entrance {
  /** Can be replaced; who is on his way in goes on with what he met. */
  tls: Tls.Acceptor | undefined
  private readonly timing: Timing
  private readonly timeout: Duration.Duration
  private readonly owner: EntranceOwner
  private readonly entering = new Set<Entry>()

  constructor(timing: Timing, timeout: Duration.Duration, tls: Tls.Acceptor | undefined, owner: EntranceOwner) {
    this.timing = timing
    this.timeout = timeout
    this.tls = tls
    this.owner = owner
  }

  /** Takes a newcomer in; at once where nothing is asked of him. */
  enter(wire: Wire): void {
    const { tls } = this
    if (tls === undefined) {
      this.owner.onArrival({ wire, remote: wire.remote })
      return
    }
    const entry = new Entry(wire, this.owner, () => this.entering.delete(entry))
    this.entering.add(entry)
    entry.deadline = this.timing.after(this.timeout, () =>
      entry.refuse({ _tag: "HandshakeTimeout", timeoutMillis: Duration.toMillis(this.timeout) }),
    )
    entry.secure(tls)
  }

  /** How many are on their way in. */
  get size(): number {
    return this.entering.size
  }

  /** Refuses all that are on their way in. */
  refuseAll(rule: RefusalRule): void {
    for (const entry of this.entering) entry.refuse(rule)
  }
}

class Entry {
  deadline: (() => void) | undefined
  private readonly wire: Wire
  private readonly owner: EntranceOwner
  private readonly onOver: () => void
  private cancel: (() => void) | undefined
  private isOver = false

  constructor(wire: Wire, owner: EntranceOwner, onOver: () => void) {
    this.wire = wire
    this.owner = owner
    this.onOver = onOver
  }

  secure(tls: Tls.Acceptor): void {
    this.cancel = tls.secure(this.wire, {
      onSecured: (wire, session) => {
        if (!this.finish()) return wire.destroy()
        this.owner.onArrival({ wire, remote: this.wire.remote, tls: session })
      },
      onFailed: (code) => this.refuse({ _tag: "HandshakeFailed", code }),
    })
  }

  refuse(rule: RefusalRule): void {
    if (!this.finish()) return
    if (this.cancel === undefined) this.wire.destroy()
    else this.cancel()
    this.owner.onRefused(this.wire, rule)
  }

  private finish(): boolean {
    if (this.isOver) return false
    this.isOver = true
    this.deadline?.()
    this.onOver()
    return true
  }
}
