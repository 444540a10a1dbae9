import * as Effect from "effect/Effect"
import { type Endpoint, ListenError } from "../../domain/index.ts"
import { receivedWire } from "../../transport/handOver.ts"
import { type AcceptHandlers, NodeTransport, type TransportService } from "../../transport/index.ts"
import type { Handing } from "./messages.ts"
import type { Tickets } from "./Tickets.ts"

interface Handed {
  readonly handing: Handing
  readonly handle: unknown
}

/** The sockets that the server hands over, as the accepted sockets of one listener. */
export class HandedSockets {
  private readonly tickets: Tickets
  private readonly onLost: (ticket: number) => void
  private handlers: AcceptHandlers | undefined
  private bound: Endpoint | undefined
  /** The sockets that arrive while a drain closes the listener. */
  private readonly early: Array<Handed> = []

  /** `onLost` is called for a message whose socket the kernel has not passed, such as for want of a descriptor. */
  constructor(tickets: Tickets, onLost: (ticket: number) => void) {
    this.tickets = tickets
    this.onLost = onLost
  }

  readonly transport: TransportService = {
    listen: (endpoint, _options, handlers) => {
      if (endpoint._tag === "Fd")
        return Effect.fail(new ListenError({ endpoint, reason: "InvalidEndpoint", code: "EINVAL" }))
      return Effect.acquireRelease(
        Effect.sync(() => {
          this.handlers = handlers
          this.bound = endpoint
          handlers.onListening(endpoint)
          for (const handed of this.early.splice(0)) this.push(handed)
          return endpoint
        }),
        () =>
          Effect.sync(() => {
            this.handlers = undefined
          }),
      )
    },
    dial: () => Effect.dieMessage("a worker dials nothing"),
    resolve: NodeTransport.resolve,
  }

  push(handed: Handed): void {
    const { bound, handlers } = this
    if (handlers === undefined || bound === undefined) {
      this.early.push(handed)
      return
    }
    const { handle, handing } = handed
    if (handle === undefined) {
      this.onLost(handing.ticket)
      return
    }
    const { local, remote, ticket, unread } = handing
    const wire = receivedWire(
      handle,
      { local, remote },
      unread === undefined ? undefined : Buffer.from(unread, "base64"),
    )
    this.tickets.during(ticket, wire, () => handlers.onWire(wire, bound))
  }
}
