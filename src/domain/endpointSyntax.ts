import * as Either from "effect/Either"
import {
  type Endpoint,
  endpointDefaults,
  fdEndpoint,
  isAbstract,
  isNumberPath,
  type ListenEndpoint,
  maxUnixPathBytes,
  tcpEndpoint,
  unixEndpoint,
} from "./Endpoint.ts"
import { EndpointSyntaxError, quoted } from "./syntaxErrors.ts"

const forms = "host:port, :port, a port, a host, [ipv6]:port or unix:/path"

const bad = (input: string, problem: string, expected: string = forms) =>
  Either.left(new EndpointSyntaxError({ input, problem, expected }))

const parsePort = (input: string, text: string): Either.Either<number, EndpointSyntaxError> => {
  if (!/^[0-9]+$/.test(text)) return bad(input, `the port ${quoted(text)} is not a number`)
  const port = Number(text)
  return port <= 65535 ? Either.right(port) : bad(input, `the port ${text} is above 65535`)
}

// Names of services and containers can contain underscores, which RFC 1123 does not allow.
const hostCharacters = /^[\p{L}\p{N}._-]+$/u
const ipv6Characters = /^[0-9a-fA-F:.]+(%[\w.-]+)?$/

// `unix:80` is a path and `fd:80` is a descriptor, so the parser would not read a host with one of these names as a
// host.
const noHost: Readonly<Record<string, string>> = {
  unix: '"unix" cannot be a host; a unix socket is written as unix: and its path',
  fd: '"fd" cannot be a host; a descriptor is written as fd: and its number, and only a server takes it',
}

const tcp = (input: string, host: string, port: number): Either.Either<Endpoint, EndpointSyntaxError> => {
  const reserved = Object.hasOwn(noHost, host) ? noHost[host] : undefined
  if (reserved !== undefined) return bad(input, reserved)
  const valid = host.includes(":") ? ipv6Characters.test(host) : hostCharacters.test(host)
  return valid ? Either.right(tcpEndpoint(host, port)) : bad(input, `${quoted(host)} cannot be a host`)
}

const parseUnix = (input: string, path: string): Either.Either<Endpoint, EndpointSyntaxError> => {
  if (path === "") return bad(input, "the path of the unix socket is empty")
  if (path.includes("\0")) return bad(input, "the path of the unix socket contains a zero byte")
  if (isNumberPath(path)) return bad(input, "the path is a number", `unix:./${path} for a file with that name`)
  const endpoint = unixEndpoint(path)
  if (path === "@") return bad(input, 'the abstract name after the "@" is empty')
  // An abstract name begins with a zero byte (written "@") and needs no zero byte at its end, so the "@" does not
  // count.
  const bytes = new TextEncoder().encode(path).length - (isAbstract(endpoint) ? 1 : 0)
  return bytes > maxUnixPathBytes
    ? bad(input, `the path of the unix socket has ${bytes} bytes; the maximum is ${maxUnixPathBytes} (unix(7))`)
    : Either.right(endpoint)
}

/**
 * Reads an endpoint from text. {@link endpointDefaults} supplies a missing host or port. `defaultHost` replaces the
 * default host.
 *
 * The forms are `host:port`, `:port`, a bare port, a bare host, `[ipv6]:port`, `[ipv6]`, a bare IPv6 address,
 * `unix:/path` and `unix:@name` (Linux's abstract namespace). A path that is a number is refused. `unix:./80` is the
 * file `80`.
 *
 * @example
 * import { Either } from "effect"
 * import { parseEndpoint, tcpEndpoint } from "tcpfx/domain"
 *
 * assert.deepEqual(parseEndpoint("[::1]:9000"), Either.right(tcpEndpoint("::1", 9000)))
 * assert.deepEqual(parseEndpoint(":9000"), Either.right(tcpEndpoint("127.0.0.1", 9000)))
 */
export const parseEndpoint = (
  input: string,
  defaultHost: string = endpointDefaults.host,
): Either.Either<Endpoint, EndpointSyntaxError> => {
  if (input === "") return bad(input, "it is empty")
  if (input.startsWith("unix:")) return parseUnix(input, input.slice("unix:".length))
  if (/^[0-9]+$/.test(input)) {
    return Either.map(parsePort(input, input), (port) => tcpEndpoint(defaultHost, port))
  }
  if (input.startsWith("[")) {
    const match = /^\[([^\]]*)\](?::(.*))?$/.exec(input)
    if (match?.[1] === undefined) return bad(input, "the bracket is not closed, or is not followed by :port")
    const host = match[1]
    if (!host.includes(":")) return bad(input, `${quoted(host)} in the brackets is not an IPv6 address`)
    return match[2] === undefined
      ? tcp(input, host, endpointDefaults.port)
      : Either.flatMap(parsePort(input, match[2]), (port) => tcp(input, host, port))
  }
  const colons = input.split(":").length - 1
  if (colons !== 1) return tcp(input, input, endpointDefaults.port)
  const at = input.indexOf(":")
  const host = at === 0 ? defaultHost : input.slice(0, at)
  return Either.flatMap(parsePort(input, input.slice(at + 1)), (port) => tcp(input, host, port))
}

/**
 * Reads an endpoint from a host and a port in separate texts.
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

// The largest number of a descriptor, which is an `int` in C.
const mostFd = 2 ** 31 - 1

/**
 * Reads an endpoint to listen on: each form of {@link parseEndpoint}, and `fd:3` for an inherited listening socket.
 *
 * @example
 * import { Either } from "effect"
 * import { fdEndpoint, parseListenEndpoint } from "tcpfx/domain"
 *
 * assert.deepEqual(parseListenEndpoint("fd:3"), Either.right(fdEndpoint(3)))
 */
export const parseListenEndpoint = (
  input: string,
  defaultHost?: string,
): Either.Either<ListenEndpoint, EndpointSyntaxError> => {
  if (!input.startsWith("fd:")) return parseEndpoint(input, defaultHost)
  const text = input.slice("fd:".length)
  return /^[0-9]+$/.test(text) && Number(text) <= mostFd
    ? Either.right(fdEndpoint(Number(text)))
    : bad(input, `${quoted(text)} is not the number of a descriptor`, "fd: and a number, such as fd:3")
}
