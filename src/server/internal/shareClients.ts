import { formatEndpoint } from "../../domain/index.ts"
import type { HubNetwork } from "../../hub/index.ts"
import type { ServerObserver } from "../ServerObserver.ts"

/**
 * Tells the other nodes of a shared hub of the clients of a server. Each server numbers its own clients, so at most one
 * server of a node should use the hub, or the other nodes see clients with equal ids as one.
 */
export const shareClients = (network: HubNetwork): ServerObserver => ({
  onEvent: (event) => {
    if (event._tag === "ConnectionOpened") network.opened(event.id, formatEndpoint(event.remote), event.at)
    else if (event._tag === "ConnectionClosed") network.closed(event.id)
  },
})
