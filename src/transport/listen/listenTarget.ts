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
import { socketInode, tcpListens, unixSockets } from "./systemTables.ts"

/** How a listening socket is opened. */
export interface ListenOptions {
  readonly backlog: number
  /** Whether `::` leaves IPv4 alone. */
  readonly ipv6Only: boolean
  /** The mode of a unix socket's file; what the umask leaves, if not given. */
  readonly unixMode: number | undefined
}

/** The path of a unix socket in the words of node:net, where an abstract name begins with a zero byte. */
export const systemPath = (path: string): string => (path.startsWith("@") ? `\0${path.slice(1)}` : path)

/**
 * The path of a unix socket to listen on, in the words of node:net, which takes a path that reads as a number (`80`,
 * `1e3`) for a port and refuses it. `./` in front of it means the same file.
 */
export const listenPath = (path: string): string => {
  const relative = `./${path}`
  const isNumber = !path.startsWith("@") && Number(path) >= 0
  return isNumber && new TextEncoder().encode(relative).length <= maxUnixPathBytes ? relative : systemPath(path)
}

// libuv before 1.48 fills an abstract name up with zero bytes to its full length, and so makes it another one.
const isExact = (uv: string): boolean => {
  const [major = 0, minor = 0] = uv.split(".").map(Number)
  return major > 1 || (major === 1 && minor >= 48)
}

/** Whether abstract names can be used here, as others use them. */
export const hasAbstractNames: boolean = process.platform === "linux" && isExact(process.versions.uv)

/** Why an endpoint cannot be used here at all, as a code of the system. */
export const unsupported = (endpoint: ListenEndpoint): string | undefined =>
  endpoint._tag === "Unix" && isAbstract(endpoint) && !hasAbstractNames ? "EOPNOTSUPP" : undefined

/** Where to listen, in the words of node:net. */
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
      // An address that names one family listens on that one only; "::" stays dual, as the system has it, unless asked.
      return { host: endpoint.host, port: endpoint.port, backlog, ipv6Only }
  }
}

/** The code of a refusal, where libuv's misleads. */
export const refusedCode = (endpoint: ListenEndpoint, code: string): string => {
  // For a path in a folder that does not exist libuv says EACCES in place of ENOENT (uv_pipe_bind).
  if (endpoint._tag !== "Unix" || code !== "EACCES" || isAbstract(endpoint)) return code
  try {
    fs.statSync(dirname(endpoint.path))
    return code
  } catch (error) {
    return errorCode(error)
  }
}

/** Whether the system says that a descriptor's socket listens; nothing where it does not say. */
export const listens = (fd: number): boolean | undefined => {
  const inode = socketInode(fd)
  if (inode === undefined) return undefined
  return unixSockets().find((row) => row.inode === inode)?.listens ?? tcpListens(inode)
}

/**
 * Why a descriptor cannot be listened on, as a code of the system. A socket that is not listed anywhere passes: it may
 * be of another network namespace, as a manager of services may pass it on.
 */
export const refusalOfFd = (fd: number): string | undefined => {
  try {
    if (!fs.fstatSync(fd).isSocket()) return "ENOTSOCK"
  } catch (error) {
    return errorCode(error)
  }
  return listens(fd) === false ? "EINVAL" : undefined
}

/** The endpoint of a listening socket: Node knows that of TCP, the system that of a unix socket. */
export const boundEndpoint = (asked: ListenEndpoint, address: net.AddressInfo | string | null): Endpoint => {
  if (address !== null && typeof address !== "string") return tcpEndpoint(address.address, address.port)
  if (asked._tag !== "Fd") return asked
  const inode = socketInode(asked.fd)
  return unixEndpoint(unixSockets().find((row) => row.inode === inode)?.path ?? "")
}
