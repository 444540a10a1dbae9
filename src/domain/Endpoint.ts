import * as Schema from "effect/Schema"

/** A TCP address: an IP address or a name, and a port. Port 0 lets the system choose one when listening. */
export const TcpEndpoint = Schema.TaggedStruct("Tcp", {
  host: Schema.NonEmptyString,
  port: Schema.Int.pipe(Schema.between(0, 65535)),
})
export type TcpEndpoint = typeof TcpEndpoint.Type

/**
 * A unix domain socket (unix(7)). The accepted side of one has no path of its own: its path is empty. A path that begins
 * with `@` is a name of Linux's abstract namespace, written as ss(8) and socat write it; a file of such a name is `./@…`.
 */
export const UnixEndpoint = Schema.TaggedStruct("Unix", { path: Schema.String })
export type UnixEndpoint = typeof UnixEndpoint.Type

/** Where a listener listens, or which end of a connection is meant. */
export const Endpoint = Schema.Union(TcpEndpoint, UnixEndpoint)
export type Endpoint = typeof Endpoint.Type

/** A listening socket that this process was started with, by its descriptor (sd_listen_fds(3) begins at 3). */
export interface FdEndpoint {
  readonly _tag: "Fd"
  readonly fd: number
}

/** What can be asked to be listened on. Once it is, it is an {@link Endpoint}: a descriptor has an address or a path. */
export type ListenEndpoint = Endpoint | FdEndpoint

/** An endpoint over TCP. */
export const tcpEndpoint = (host: string, port: number): TcpEndpoint => ({ _tag: "Tcp", host, port })

/** An endpoint that is a unix domain socket. */
export const unixEndpoint = (path: string): UnixEndpoint => ({ _tag: "Unix", path })

/** A listening socket that was inherited. */
export const fdEndpoint = (fd: number): FdEndpoint => ({ _tag: "Fd", fd })

/** What is assumed for the part of an endpoint that was not written: 127.0.0.1, port 12345. */
export const endpointDefaults = { host: "127.0.0.1", port: 12345 } as const

/**
 * Longest path of a unix socket in bytes: `sun_path` has 108 with its closing zero (unix(7)). Node cuts a longer
 * one short without a word and binds another file. A name in the abstract namespace may be as long, its `@` apart.
 */
export const maxUnixPathBytes = 107

/** Whether a unix socket is a name of the abstract namespace (unix(7)), which has no file. */
export const isAbstract = (endpoint: UnixEndpoint): boolean => endpoint.path.startsWith("@")

/**
 * Whether a path reads as a number (`80`, `1e3`). `unix:` refuses such a path, because its writer probably means a port;
 * `./` in front of it names the same file.
 */
export const isNumberPath = (path: string): boolean => path.trim() !== "" && Number(path) >= 0

/**
 * Writes an endpoint so that `parseEndpoint` (or `parseListenEndpoint`, for a descriptor) reads the same one back. Only
 * the empty path of the accepted side of a unix socket is not read; a path that reads as a number is written and read
 * with `./` in front of it.
 *
 * @example
 * import { formatEndpoint, tcpEndpoint } from "tcpfx/domain"
 *
 * assert.equal(formatEndpoint(tcpEndpoint("::1", 80)), "[::1]:80")
 */
export const formatEndpoint = (endpoint: ListenEndpoint): string => {
  if (endpoint._tag === "Unix") return `unix:${isNumberPath(endpoint.path) ? "./" : ""}${endpoint.path}`
  if (endpoint._tag === "Fd") return `fd:${endpoint.fd}`
  return endpoint.host.includes(":") ? `[${endpoint.host}]:${endpoint.port}` : `${endpoint.host}:${endpoint.port}`
}

const loopback = /^(127\.[0-9.]+|::1|::ffff:127\.[0-9.]+|localhost)$/i

/** Whether only this machine can reach the endpoint: loopback addresses, `localhost` and unix sockets. */
export const isLoopback = (endpoint: Endpoint): boolean => endpoint._tag === "Unix" || loopback.test(endpoint.host)

const isV6 = (address: string): boolean => address.includes(":")

const covers = (wildcard: string, address: string, ipv6Only: boolean): boolean =>
  wildcard === "::" ? !ipv6Only || isV6(address) : wildcard === "0.0.0.0" && !isV6(address)

/**
 * Whether two endpoints cannot both be listened on: they are the same, or one is a wildcard that has the other in it. `::`
 * has both families in it, unless it is `ipv6Only`.
 */
export const overlap = (a: ListenEndpoint, b: ListenEndpoint, ipv6Only: boolean = false): boolean =>
  a._tag === "Tcp" && b._tag === "Tcp"
    ? a.port === b.port && (a.host === b.host || covers(a.host, b.host, ipv6Only) || covers(b.host, a.host, ipv6Only))
    : formatEndpoint(a) === formatEndpoint(b)
