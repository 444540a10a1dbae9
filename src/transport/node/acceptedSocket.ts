import * as fs from "node:fs"
import * as net from "node:net"
import { errorCode } from "../../domain/errorCode.ts"
import { plainHost, tcpEndpoint, unixEndpoint } from "../../domain/index.ts"
import { stateOfFd } from "../listen/listenTarget.ts"
import { unknownPeer, type Wire } from "../Wire.ts"
import { NodeWire } from "./nodeWire.ts"

/** Why a descriptor is no connection. */
export interface NotConnected {
  readonly _tag: "NotConnected"
  /** `EBADF`, `ENOTSOCK`; `EINVAL` for a listening socket; `EOPNOTSUPP` for a socket of datagrams. */
  readonly code: string
}

const notConnected = (code: string): NotConnected => ({ _tag: "NotConnected", code })

const problemOf = (fd: number): NotConnected | undefined => {
  try {
    if (!fs.fstatSync(fd).isSocket()) return notConnected("ENOTSOCK")
  } catch (error) {
    return notConnected(errorCode(error))
  }
  return stateOfFd(fd) === "listening" ? notConnected("EINVAL") : undefined
}

const open = (fd: number): net.Socket | NotConnected => {
  try {
    const socket = new net.Socket({ fd, allowHalfOpen: true })
    socket.setNoDelay(true)
    return socket
  } catch {
    return notConnected("EOPNOTSUPP")
  }
}

/**
 * Makes the wire of an inherited descriptor whose connection another program has accepted. The wire is a plain stream of
 * Node. libuv does not close the descriptors 0 to 2, so the kernel closes their connection at the end of the process.
 */
export const acceptedWire = (fd: number): Wire | NotConnected => {
  const problem = problemOf(fd)
  if (problem !== undefined) return problem
  const socket = open(fd)
  if ("_tag" in socket) return socket
  const { localAddress, localPort, remoteAddress, remotePort } = socket
  if (localAddress === undefined) return new NodeWire(socket, unixEndpoint(""), unixEndpoint(""))
  // After a reset, the kernel no longer knows the address of the peer.
  const remote = remoteAddress === undefined ? unknownPeer : tcpEndpoint(plainHost(remoteAddress), remotePort ?? 0)
  return new NodeWire(socket, tcpEndpoint(plainHost(localAddress), localPort ?? 0), remote)
}
