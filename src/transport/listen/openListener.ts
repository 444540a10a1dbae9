import type * as net from "node:net"
import { isAbstract, type ListenEndpoint } from "../../domain/index.ts"
import { type ListenOptions, listenOptions, refusalOfFd, stateOfFd, unsupported } from "./listenTarget.ts"
import * as SocketFile from "./socketFile.ts"

type Close = (onClosed: () => void) => void

const refused = (code: string): Error => Object.assign(new Error(code), { code })

/**
 * Starts to listen, and returns the function that closes the listener. `close` closes `server`. On failure it throws an
 * error with a code, and the caller must still close `server`.
 */
export const openListener = (
  server: net.Server,
  endpoint: ListenEndpoint,
  options: ListenOptions,
  close: Close,
): Close => {
  const problem = unsupported(endpoint)
  if (problem !== undefined) throw refused(problem)
  const start = () => void server.listen(listenOptions(endpoint, options))
  if (endpoint._tag === "Unix" && !isAbstract(endpoint)) {
    const { unixMode } = options
    if (unixMode === undefined) start()
    else SocketFile.withMode(unixMode, start)
    // If bind(2) failed, the file at the path belongs to another server. Node reports the failure in a later turn.
    if (!server.listening) return close
    if (unixMode !== undefined) SocketFile.ensureMode(endpoint.path, unixMode)
    const own = SocketFile.identityAt(endpoint.path)
    return (onClosed) => SocketFile.keepingOthers(endpoint.path, own, () => close(onClosed))
  }
  if (endpoint._tag === "Fd") {
    const refusal = refusalOfFd(endpoint.fd)
    if (refusal !== undefined) throw refused(refusal)
    const before = stateOfFd(endpoint.fd)
    start()
    // Node calls listen(2) on the descriptor. A socket without an address then gets a random port. If the socket
    // listens only after this call, it was not a listening socket before, and is refused.
    if (before === undefined && stateOfFd(endpoint.fd) === "listening") throw refused("EINVAL")
    return close
  }
  start()
  return close
}
