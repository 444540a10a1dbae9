import * as Schema from "effect/Schema"
import { bracketed, coversAddress } from "./hostText.ts"

/**
 * A TCP address: an IP address or a name, and a port. For a listener, port 0 means that the kernel chooses a free port.
 */
export const TcpEndpoint = Schema.TaggedStruct("Tcp", {
  host: Schema.NonEmptyString,
  port: Schema.Int.pipe(Schema.between(0, 65535)),
})
export type TcpEndpoint = typeof TcpEndpoint.Type

/**
 * A unix domain socket (unix(7)). The remote endpoint of an accepted connection usually has no path, and `path` is then
 * empty. A path that begins with `@` is a name in Linux's abstract namespace, in the notation of ss(8) and socat. A
 * path that begins with `./@` is a file.
 */
export const UnixEndpoint = Schema.TaggedStruct("Unix", { path: Schema.String })
export type UnixEndpoint = typeof UnixEndpoint.Type

/** The address of a listener, or of one end of a connection. */
export const Endpoint = Schema.Union(TcpEndpoint, UnixEndpoint)
export type Endpoint = typeof Endpoint.Type

/**
 * The descriptor of a listening socket that the process inherited. systemd passes descriptors from 3 up
 * (sd_listen_fds(3)).
 */
export interface FdEndpoint {
  readonly _tag: "Fd"
  readonly fd: number
}

/**
 * An endpoint to listen on. An open listener always has an {@link Endpoint}, because an inherited socket has an address
 * too.
 */
export type ListenEndpoint = Endpoint | FdEndpoint

/** Makes a TCP endpoint. */
export const tcpEndpoint = (host: string, port: number): TcpEndpoint => ({ _tag: "Tcp", host, port })

/** Makes the endpoint of a unix domain socket. */
export const unixEndpoint = (path: string): UnixEndpoint => ({ _tag: "Unix", path })

/** Makes the endpoint of an inherited listening socket. */
export const fdEndpoint = (fd: number): FdEndpoint => ({ _tag: "Fd", fd })

/** The defaults for an endpoint's host and port. */
export const endpointDefaults = { host: "127.0.0.1", port: 12345 } as const

/**
 * The maximum length of a unix socket's path, bytes. `sun_path` has 108 bytes, including the terminating zero
 * (unix(7)). Node silently truncates a longer path and binds another file. An abstract name may have 107 bytes after
 * its `@`.
 */
export const maxUnixPathBytes = 107

/** Whether a unix socket has a name in the abstract namespace (unix(7)) and therefore no file. */
export const isAbstract = (endpoint: UnixEndpoint): boolean => endpoint.path.startsWith("@")

/**
 * Whether a path is a number (`80`, `1e3`). `unix:` refuses such a path, because the user probably means a port. `./80`
 * is the file `80`.
 */
export const isNumberPath = (path: string): boolean => path.trim() !== "" && Number(path) >= 0

/**
 * Formats an endpoint. `parseEndpoint` or, for a descriptor, `parseListenEndpoint` parses the text into the same
 * endpoint. There are two exceptions: the parser refuses an empty path, and a path that is a number gets the prefix
 * `./`.
 *
 * @example
 * import { formatEndpoint, tcpEndpoint } from "tcpfx/domain"
 *
 * assert.equal(formatEndpoint(tcpEndpoint("::1", 80)), "[::1]:80")
 */
export const formatEndpoint = (endpoint: ListenEndpoint): string => {
  if (endpoint._tag === "Unix") return `unix:${isNumberPath(endpoint.path) ? "./" : ""}${endpoint.path}`
  if (endpoint._tag === "Fd") return `fd:${endpoint.fd}`
  return `${bracketed(endpoint.host)}:${endpoint.port}`
}

const loopback = /^(127\.[0-9.]+|::1|::ffff:127\.[0-9.]+|localhost)$/i

/** Whether only this machine can reach an endpoint: it is a loopback address, `localhost` or a unix socket. */
export const isLoopback = (endpoint: Endpoint): boolean => endpoint._tag === "Unix" || loopback.test(endpoint.host)

/**
 * Whether two endpoints cannot both have a listener: they are equal, or one is a wildcard that covers the other. `::`
 * covers both families, unless `ipv6Only` is set. Default: `false`.
 */
export const overlap = (a: ListenEndpoint, b: ListenEndpoint, ipv6Only: boolean = false): boolean =>
  a._tag === "Tcp" && b._tag === "Tcp"
    ? a.port === b.port &&
      (a.host === b.host || coversAddress(a.host, b.host, ipv6Only) || coversAddress(b.host, a.host, ipv6Only))
    : formatEndpoint(a) === formatEndpoint(b)
