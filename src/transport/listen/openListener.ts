import type * as net from "node:net"
import { isAbstract, type ListenEndpoint } from "../../domain/index.ts"
import { type ListenOptions, listenOptions, listens, refusalOfFd, unsupported } from "./listenTarget.ts"
import * as SocketFile from "./socketFile.ts"

type Close = (onClosed: () => void) => void

const refused = (code: string): Error => Object.assign(new Error(code), { code })

/**
 * Has a server listen, and gives what closes it, made of what closes a server. Throws what has a code if it cannot, and
 * then the server is still to be closed.
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
    // Where it could not be bound, what stands there is another's; the refusal is told in a turn of its own.
    if (!server.listening) return close
    if (unixMode !== undefined) SocketFile.ensureMode(endpoint.path, unixMode)
    const own = SocketFile.identityAt(endpoint.path)
    return (onClosed) => SocketFile.keepingOthers(endpoint.path, own, () => close(onClosed))
  }
  if (endpoint._tag === "Fd") {
    const refusal = refusalOfFd(endpoint.fd)
    if (refusal !== undefined) throw refused(refusal)
    const before = listens(endpoint.fd)
    start()
    // Node calls listen(2) itself, and a socket without an address gets one by that: this one had not listened before.
    if (before === undefined && listens(endpoint.fd) === true) throw refused("EINVAL")
    return close
  }
  start()
  return close
}
