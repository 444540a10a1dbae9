import { createHash, timingSafeEqual } from "node:crypto"
import { isIP } from "node:net"

/** The parts of a request that show its origin. */
export interface RequestFacts {
  /** The header `Host`. */
  readonly host: string | undefined
  /** The header `Origin`. */
  readonly origin: string | undefined
  /** The header `Sec-Fetch-Site`. */
  readonly site: string | undefined
  /** The token of the query. */
  readonly token: string | undefined
}

/** The purpose of a request. It decides which checks the request must pass. */
export type Purpose =
  /** A public file: its name is a hash of its content, and it contains no data of this machine. */
  | "asset"
  /** The page itself. The user opens it by an address or a link, so the browser sends no `Origin`. */
  | "page"
  /** The password form, which our own page posts without a token. */
  | "login"
  /** A download, which our own page starts. */
  | "download"
  /** The WebSocket that carries the calls. */
  | "socket"

/** The reason of a refusal. */
export type GuardProblem = "host" | "origin" | "token"

/** Options of {@link guard}. */
export interface GuardOptions {
  readonly token: string
  /** Names and addresses that a browser may use for this server, in lower case, IPv6 without brackets. */
  readonly hosts: ReadonlySet<string>
  readonly scheme: "http" | "https"
}

const digest = (text: string) => createHash("sha256").update(text).digest()

/** Compares two secrets. The duration depends neither on the position of a difference nor on the lengths. */
export const sameSecret = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

/** The host of a `Host` header or of an origin, without its port; `undefined` if the header is malformed. */
export const hostNameOf = (host: string): string | undefined => {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@?#\s]+))(?::\d{1,5})?$/i.exec(host)
  return (match?.[1] ?? match?.[2])?.toLowerCase()
}

const loopbackName = (name: string): boolean =>
  name === "localhost" || name.endsWith(".localhost") || name === "::1" || (isIP(name) === 4 && name.startsWith("127."))

/**
 * Decides whether the server answers a request. `undefined` allows the request.
 *
 * - `Host`: another site can point its own name to this machine (DNS rebinding). Requests of its page then have that name in
 *   `Host`. The guard does not compare the port, because a forwarded port (ssh -L) has another number; `Origin` must have the
 *   same host and port as `Host`.
 * - `Origin`: a page of another site can open a WebSocket to any address, and the browser then sends the origin of that page.
 *   A rebound name has equal `Host` and `Origin`, so the guard checks `Host` as well.
 * - The token: other programs and users of this machine can reach 127.0.0.1 too.
 */
export const guard = (options: GuardOptions) => {
  const isOurs = (name: string | undefined): boolean =>
    name !== undefined && (loopbackName(name) || options.hosts.has(name))

  return (purpose: Purpose, facts: RequestFacts): GuardProblem | undefined => {
    const { host, origin, site, token } = facts
    if (host === undefined || !isOurs(hostNameOf(host))) return "host"
    const own = `${options.scheme}://${host.toLowerCase()}`
    if (origin === undefined ? purpose === "socket" || purpose === "login" : origin.toLowerCase() !== own)
      return "origin"
    if ((purpose === "download" || purpose === "login") && (site === "cross-site" || site === "same-site"))
      return "origin"
    if (purpose === "asset" || purpose === "login") return undefined
    return token !== undefined && sameSecret(token, options.token) ? undefined : "token"
  }
}
