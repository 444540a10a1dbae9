import type * as net from "node:net"
import { canUseHandles } from "./handleWire.ts"
import type { SocketHandle } from "./nodeInside.ts"

/** What the system knows a listening socket by; not in the types of Node. */
interface ListenHandle {
  onconnection?: (this: unknown, status: number, client: SocketHandle | undefined) => void
}

const methods = ["readStart", "readStop", "useUserBuffer", "writeBuffer", "writev", "shutdown", "close"] as const

const isUsable = (client: SocketHandle): boolean => methods.every((name) => typeof client[name] === "function")

/**
 * Has a server that listens give what it accepts as handles, not as sockets, where the Node that runs this can be used
 * that way. Whatever else happens at its socket is told by the server.
 */
export const takeHandles = (server: net.Server, onHandle: (client: SocketHandle) => void): void => {
  const handle = (server as { readonly _handle?: ListenHandle | null })._handle
  const ofNode = handle?.onconnection
  if (!canUseHandles() || handle === undefined || handle === null || ofNode === undefined) return
  handle.onconnection = function (status, client) {
    if (client !== undefined && isUsable(client)) onHandle(client)
    else ofNode.call(this, status, client)
  }
}
