import type * as net from "node:net"
import { canUseHandles } from "./handleWire.ts"
import type { SocketHandle } from "./nodeInside.ts"

/** Node's private object for a listening socket. The types of Node do not have it. */
interface ListenHandle {
  onconnection?: (this: unknown, status: number, client: SocketHandle | undefined) => void
}

const methods = ["readStart", "readStop", "useUserBuffer", "writeBuffer", "writev", "shutdown", "close"] as const

const isUsable = (client: SocketHandle): boolean => methods.every((name) => typeof client[name] === "function")

/**
 * Makes a listening server pass on the handles of accepted sockets in place of sockets, if this version of Node allows
 * it. The server still reports every other event of its socket.
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

/**
 * Takes the handle out of a socket that has connected and has not read yet. The socket then ends without closing the
 * handle. Returns `undefined` and changes nothing if this version of Node or this socket does not allow it.
 */
export const takeHandle = (socket: net.Socket): SocketHandle | undefined => {
  const slot = socket as { _handle?: SocketHandle | null }
  const handle = slot._handle
  if (!canUseHandles() || handle === undefined || handle === null || !isUsable(handle)) return undefined
  slot._handle = null
  socket.destroy()
  return handle
}
