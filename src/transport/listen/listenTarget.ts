import * as fs from "node:fs"
import type * as net from "node:net"
import { dirname } from "node:path"
import { errorCode } from "../../domain/errorCode.ts"
import {
  type Endpoint,
  isAbstract,
  type ListenEndpoint,
  maxUnixPathBytes,
  tcpEndpoint,
  unixEndpoint,
} from "../../domain/index.ts"
import { type SocketState, socketInode, tcpState, unixSockets } from "./systemTables.ts"

/** Options of a listening socket. */
export interface ListenOptions {
  readonly backlog: number
  /** Whether `::` accepts IPv6 only. */
  readonly ipv6Only: boolean
  /** The mode of a unix socket's file. `undefined`: the umask decides. */
  readonly unixMode: number | undefined
}

/** The path of a unix socket for node:net, where an abstract name begins with a zero byte. */
export const systemPath = (path: string): string => (path.startsWith("@") ? `\0${path.slice(1)}` : path)

/**
 * The path of a unix socket to listen on, for node:net. Node parses a path such as `80` or `1e3` as a port and refuses
 * it. The prefix `./` names the same file.
 */
export const listenPath = (path: string): string => {
  const relative = `./${path}`
  const isNumber = !path.startsWith("@") && Number(path) >= 0
  return isNumber && new TextEncoder().encode(relative).length <= maxUnixPathBytes ? relative : systemPath(path)
}

// libuv before 1.48 pads an abstract name with zero bytes to its full length, which makes it another name.
const isExact = (uv: string): boolean => {
  const [major = 0, minor = 0] = uv.split(".").map(Number)
  return major > 1 || (major === 1 && minor >= 48)
}

/** Whether this process can use abstract names that other programs can connect to. */
export const hasAbstractNames: boolean = process.platform === "linux" && isExact(process.versions.uv)

/** The error code for an endpoint that this platform cannot use. */
export const unsupported = (endpoint: ListenEndpoint): string | undefined =>
  endpoint._tag === "Unix" && isAbstract(endpoint) && !hasAbstractNames ? "EOPNOTSUPP" : undefined

/** The arguments of `net.Server.listen`. */
export const listenOptions = (
  endpoint: ListenEndpoint,
  { backlog, ipv6Only }: ListenOptions,
): net.ListenOptions | { readonly fd: number; readonly backlog: number } => {
  switch (endpoint._tag) {
    case "Unix":
      return { path: listenPath(endpoint.path), backlog }
    case "Fd":
      return { fd: endpoint.fd, backlog }
    case "Tcp":
      // An IPv4 address accepts IPv4 only, and a specific IPv6 address accepts IPv6 only. `::` accepts both families,
      // which is the kernel's default, unless `ipv6Only` is set.
      return { host: endpoint.host, port: endpoint.port, backlog, ipv6Only }
  }
}

/** The error code of a failed listen, corrected where libuv reports a misleading one. */
export const refusedCode = (endpoint: ListenEndpoint, code: string): string => {
  // If the folder of the path does not exist, libuv reports EACCES instead of ENOENT (uv_pipe_bind).
  if (endpoint._tag !== "Unix" || code !== "EACCES" || isAbstract(endpoint)) return code
  try {
    fs.statSync(dirname(endpoint.path))
    return code
  } catch (error) {
    return errorCode(error)
  }
}

/** The state of a descriptor's socket. `undefined` if the kernel does not list it. */
export const stateOfFd = (fd: number): SocketState | undefined => {
  const inode = socketInode(fd)
  if (inode === undefined) return undefined
  const row = unixSockets().find((one) => one.inode === inode)
  if (row === undefined) return tcpState(inode)
  return row.listens ? "listening" : row.isConnected ? "connected" : "idle"
}

/**
 * The error code for a descriptor that cannot be listened on. A socket outside the lists is accepted: a service manager
 * may pass a socket of another network namespace.
 */
export const refusalOfFd = (fd: number): string | undefined => {
  try {
    if (!fs.fstatSync(fd).isSocket()) return "ENOTSOCK"
  } catch (error) {
    return errorCode(error)
  }
  const state = stateOfFd(fd)
  return state === "connected" ? "EISCONN" : state === "idle" ? "EINVAL" : undefined
}

/**
 * The endpoint of a listening socket. Node reports the address of a TCP socket. Node does not report the path of an
 * inherited unix socket, so the path is read from the kernel's list of unix sockets.
 */
export const boundEndpoint = (asked: ListenEndpoint, address: net.AddressInfo | string | null): Endpoint => {
  if (address !== null && typeof address !== "string") return tcpEndpoint(address.address, address.port)
  if (asked._tag !== "Fd") return asked
  const inode = socketInode(asked.fd)
  return unixEndpoint(unixSockets().find((row) => row.inode === inode)?.path ?? "")
}
