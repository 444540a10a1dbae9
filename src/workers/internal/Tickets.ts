import type { ConnectionId } from "../../domain/index.ts"
import type { Tls, Wire } from "../../transport/index.ts"

/**
 * Finds the ticket of each connection of a worker. The server of the worker opens or refuses a connection in the call
 * that hands over its socket, or in a callback of its TLS handshake. So the ticket of that call or callback is the ticket of
 * the event.
 */
export class Tickets {
  private readonly ofWires = new WeakMap<Wire, number>()
  private readonly ofIds = new Map<ConnectionId, number>()
  private readonly ids = new Map<number, ConnectionId>()
  private current: number | undefined

  /** Runs a call that may open or refuse the connection of a wire. */
  during(ticket: number, wire: Wire, call: () => void): void {
    this.ofWires.set(wire, ticket)
    this.as(ticket, call)
  }

  /** The ticket of the connection that opens or is refused now. */
  now(): number | undefined {
    return this.current
  }

  opened(id: ConnectionId): number | undefined {
    const ticket = this.current
    if (ticket === undefined) return undefined
    this.ofIds.set(id, ticket)
    this.ids.set(ticket, id)
    return ticket
  }

  closed(id: ConnectionId): number | undefined {
    const ticket = this.ofIds.get(id)
    this.ofIds.delete(id)
    if (ticket !== undefined) this.ids.delete(ticket)
    return ticket
  }

  ticketOf(id: ConnectionId): number | undefined {
    return this.ofIds.get(id)
  }

  idOf(ticket: number): ConnectionId | undefined {
    return this.ids.get(ticket)
  }

  /** An acceptor whose callbacks set the ticket of their wire. */
  secured(acceptor: Tls.Acceptor): Tls.Acceptor {
    return {
      secure: (wire, callbacks) => {
        const ticket = this.ofWires.get(wire)
        const cancel = acceptor.secure(wire, {
          onSecured: (secured, session) => this.as(ticket, () => callbacks.onSecured(secured, session)),
          onFailed: (code, detail) => this.as(ticket, () => callbacks.onFailed(code, detail)),
        })
        return () => {
          cancel()
          // The event of the refusal follows in the same turn.
          this.current = ticket
        }
      },
    }
  }

  private as(ticket: number | undefined, call: () => void): void {
    this.current = ticket
    call()
    this.current = undefined
  }
}
