import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { EndpointSyntaxError } from "./syntaxErrors.ts"

/** A TCP address: an IP address or a name, and a port. Port 0 lets the system choose one when listening. */
export const TcpEndpoint = Schema.TaggedStruct("Tcp", {
  host: Schema.NonEmptyString,
  port: Schema.Int.pipe(Schema.between(0, 65535)),
})
export type TcpEndpoint = typeof TcpEndpoint.Type

/** A unix domain socket (unix(7)). The accepted side of one has no path of its own: its path is empty. */
export const UnixEndpoint = Schema.TaggedStruct("Unix", { path: Schema.String })
export type UnixEndpoint = typeof UnixEndpoint.Type

/** Where a listener listens, or which end of a connection is meant. */
export const Endpoint = Schema.Union(TcpEndpoint, UnixEndpoint)
export type Endpoint = typeof Endpoint.Type

/** An endpoint over TCP. */
export const tcpEndpoint = (host: string, port: number): TcpEndpoint => ({ _tag: "Tcp", host, port })

/** An endpoint that is a unix domain socket. */
export const unixEndpoint = (path: string): UnixEndpoint => ({ _tag: "Unix", path })

/** What is assumed for the part of an endpoint that was not written: 127.0.0.1, port 12345. */
export const endpointDefaults = { host: "127.0.0.1", port: 12345 } as const

/**
 * Longest path of a unix socket in bytes: `sun_path` has 108 with its closing zero (unix(7)). Node cuts a longer
 * one short without a word and binds another file.
 */
export const maxUnixPathBytes = 107

const forms = "host:port, :port, a port, a host, [ipv6]:port or unix:/path"

const bad = (input: string, problem: string) =>
  Either.left(new EndpointSyntaxError({ input, problem, expected: forms }))

const parsePort = (input: string, text: string): Either.Either<number, EndpointSyntaxError> => {
  if (!/^[0-9]+$/.test(text)) return bad(input, `the port ${JSON.stringify(text)} is not a number`)
  const port = Number(text)
  return port <= 65535 ? Either.right(port) : bad(input, `the port ${text} is above 65535`)
}

// Names in use carry underscores too (service and container names), so RFC 1123 is not enforced beyond this.
const hostCharacters = /^[\p{L}\p{N}._-]+$/u
const ipv6Characters = /^[0-9a-fA-F:.]+(%[\w.-]+)?$/

const tcp = (input: string, host: string, port: number): Either.Either<Endpoint, EndpointSyntaxError> => {
  // `unix:80` is a path, so that host could not be written down and read again.
  if (host === "unix") return bad(input, 'a unix socket is written "unix:" and its path, and no host has that name')
  const valid = host.includes(":") ? ipv6Characters.test(host) : hostCharacters.test(host)
  return valid ? Either.right(tcpEndpoint(host, port)) : bad(input, `${JSON.stringify(host)} cannot be a host`)
}

const parseUnix = (input: string, path: string): Either.Either<Endpoint, EndpointSyntaxError> => {
  if (path === "") return bad(input, "the path of the unix socket is empty")
  if (path.includes("\0")) return bad(input, "the path of the unix socket contains a zero byte")
  const bytes = new TextEncoder().encode(path).length
  return bytes > maxUnixPathBytes
    ? bad(input, `the path of the unix socket has ${bytes} bytes, ${maxUnixPathBytes} is the most (unix(7))`)
    : Either.right(unixEndpoint(path))
}

/**
 * Reads an endpoint from text. What is left out comes from {@link endpointDefaults}.
 *
 * Accepted: `host:port`, `:port`, a bare port, a bare host, `[ipv6]:port`, `[ipv6]`, a bare IPv6 address, and
 * `unix:/path`.
 *
 * @example
 * import { Either } from "effect"
 * import { parseEndpoint, tcpEndpoint } from "tcpfx/domain"
 *
 * assert.deepEqual(parseEndpoint("[::1]:9000"), Either.right(tcpEndpoint("::1", 9000)))
 * assert.deepEqual(parseEndpoint(":9000"), Either.right(tcpEndpoint("127.0.0.1", 9000)))
 */
export const parseEndpoint = (input: string): Either.Either<Endpoint, EndpointSyntaxError> => {
  if (input === "") return bad(input, "it is empty")
  if (input.startsWith("unix:")) return parseUnix(input, input.slice("unix:".length))
  if (/^[0-9]+$/.test(input)) {
    return Either.map(parsePort(input, input), (port) => tcpEndpoint(endpointDefaults.host, port))
  }
  if (input.startsWith("[")) {
    const match = /^\[([^\]]*)\](?::(.*))?$/.exec(input)
    if (match?.[1] === undefined) return bad(input, "the bracket is not closed, or is not followed by :port")
    const host = match[1]
    if (!host.includes(":")) return bad(input, `${JSON.stringify(host)} in the brackets is not an IPv6 address`)
    return match[2] === undefined
      ? tcp(input, host, endpointDefaults.port)
      : Either.flatMap(parsePort(input, match[2]), (port) => tcp(input, host, port))
  }
  const colons = input.split(":").length - 1
  if (colons === 0) return tcp(input, input, endpointDefaults.port)
  if (colons > 1) return tcp(input, input, endpointDefaults.port)
  const at = input.indexOf(":")
  const host = at === 0 ? endpointDefaults.host : input.slice(0, at)
  return Either.flatMap(parsePort(input, input.slice(at + 1)), (port) => tcp(input, host, port))
}

/**
 * Reads an endpoint from a host and a port that were given apart.
 *
 * @example
 * import { Either } from "effect"
 * import { parseHostAndPort, tcpEndpoint } from "tcpfx/domain"
 *
 * assert.deepEqual(parseHostAndPort("::1", "9000"), Either.right(tcpEndpoint("::1", 9000)))
 */
export const parseHostAndPort = (host: string, port: string): Either.Either<Endpoint, EndpointSyntaxError> => {
  const bare = /^\[(.*)\]$/.exec(host)?.[1] ?? host
  const input = `${host} ${port}`
  return Either.flatMap(parsePort(input, port), (number) => tcp(input, bare, number))
}

/**
 * Writes an endpoint so that {@link parseEndpoint} reads the same one back. Only the empty path of the accepted side of
 * a unix socket is not read.
 *
 * @example
 * import { formatEndpoint, tcpEndpoint } from "tcpfx/domain"
 *
 * assert.equal(formatEndpoint(tcpEndpoint("::1", 80)), "[::1]:80")
 */
export const formatEndpoint = (endpoint: Endpoint): string => {
  if (endpoint._tag === "Unix") return `unix:${endpoint.path}`
  return endpoint.host.includes(":") ? `[${endpoint.host}]:${endpoint.port}` : `${endpoint.host}:${endpoint.port}`
}

const loopback = /^(127\.[0-9.]+|::1|::ffff:127\.[0-9.]+|localhost)$/i

/** Whether only this machine can reach the endpoint: loopback addresses, `localhost` and unix sockets. */
export const isLoopback = (endpoint: Endpoint): boolean => endpoint._tag === "Unix" || loopback.test(endpoint.host)
