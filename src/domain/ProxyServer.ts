import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { formatEndpoint, type TcpEndpoint } from "./Endpoint.ts"
import { parseEndpoint } from "./endpointSyntax.ts"
import { bracketed } from "./hostText.ts"
import { ValueSyntaxError } from "./syntaxErrors.ts"

/** The user and password for a proxy. */
export interface ProxyCredentials {
  readonly user: string
  readonly password: Redacted.Redacted<string>
}

/** A proxy that connects on behalf of its clients: SOCKS 5 (RFC 1928) or HTTP CONNECT (RFC 9110, 9.3.6). */
export interface ProxyServer {
  readonly protocol: "socks5" | "http"
  readonly endpoint: TcpEndpoint
  readonly credentials: ProxyCredentials | undefined
}

// Port 1080 is registered for SOCKS (RFC 1928, section 3); 8080 is customary for HTTP proxies.
const protocols: Readonly<Record<string, { readonly protocol: ProxyServer["protocol"]; readonly port: number }>> = {
  socks5: { protocol: "socks5", port: 1080 },
  // `socks5h` means that the proxy looks up the host name. Here `socks5` has the same meaning.
  socks5h: { protocol: "socks5", port: 1080 },
  http: { protocol: "http", port: 8080 },
}

// The length fields of user and password have one byte each (RFC 1929, section 2).
const maxCredentialBytes = 255

const expected = "socks5://host:port or http://host:port, with user:password@ before the host if the proxy requires it"

// An error message must not repeat a password.
const shownOf = (input: string): string => input.replace(/\/\/.*@/, "//***@")

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const isCredential = (text: string): boolean =>
  new TextEncoder().encode(text).length <= maxCredentialBytes && !/\p{Cc}/u.test(text)

const readCredentials = (text: string): ProxyCredentials | undefined => {
  const at = text.indexOf(":")
  const user = decoded(at < 0 ? text : text.slice(0, at))
  const password = decoded(at < 0 ? "" : text.slice(at + 1))
  if (user === undefined || password === undefined || user === "") return undefined
  return isCredential(user) && isCredential(password) ? { user, password: Redacted.make(password) } : undefined
}

/**
 * Reads a proxy from text. User and password are percent-encoded (RFC 3986). Default port: 1080 for SOCKS, 8080 for
 * HTTP.
 *
 * @example
 * import { Either } from "effect"
 * import { formatProxyServer, parseProxyServer } from "tcpfx/domain"
 *
 * const proxy = Either.getOrThrow(parseProxyServer("socks5://me:secret@gate.example"))
 * assert.equal(formatProxyServer(proxy), "socks5://gate.example:1080")
 */
export const parseProxyServer = (input: string): Either.Either<ProxyServer, ValueSyntaxError> => {
  const fail = (problem: string) =>
    Either.left(new ValueSyntaxError({ input: shownOf(input), kind: "a proxy", problem, expected }))
  const found = /^([a-zA-Z0-9+.-]+):\/\/(.*?)\/?$/.exec(input)
  if (found === null) return fail("it has no scheme")
  const [, scheme = "", rest = ""] = found
  const kind = Object.hasOwn(protocols, scheme.toLowerCase()) ? protocols[scheme.toLowerCase()] : undefined
  if (kind === undefined) return fail(`the scheme ${JSON.stringify(scheme)} is not supported`)
  const at = rest.lastIndexOf("@")
  const credentials = at < 0 ? undefined : readCredentials(rest.slice(0, at))
  if (at >= 0 && credentials === undefined) {
    return fail(
      `user and password must be percent-encoded, at most ${maxCredentialBytes} bytes each, without control characters`,
    )
  }
  const host = rest.slice(at + 1)
  if (host === "" || host.startsWith(":") || /^[0-9]+$/.test(host)) return fail("the host is missing")
  const hasPort = /^[^:]*:[^:]*$|\]:/.test(host)
  const endpoint = parseEndpoint(hasPort ? host : `${host.startsWith("[") ? host : bracketed(host)}:${kind.port}`)
  if (Either.isLeft(endpoint)) return fail(endpoint.left.problem)
  return endpoint.right._tag === "Tcp" && endpoint.right.port > 0
    ? Either.right({ protocol: kind.protocol, endpoint: endpoint.right, credentials })
    : fail("the port is missing")
}

/** Formats a proxy without its user and password. */
export const formatProxyServer = ({ endpoint, protocol }: ProxyServer): string =>
  `${protocol}://${formatEndpoint(endpoint)}`
