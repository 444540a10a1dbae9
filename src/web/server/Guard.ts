import { createHash, timingSafeEqual } from "node:crypto"
import { isIP } from "node:net"

/** What a request says of where it comes from. */
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

/** What a request is for, which decides what it must show. */
export type Purpose =
  /** A file that everybody may read: its name is a hash of its content, and it holds nothing of this machine. */
  | "asset"
  /** The page itself: opened by an address or a link, so that a browser names no origin. */
  | "page"
  /** The form with the password: sent by our own page, and not yet in possession of the token. */
  | "login"
  /** A download: started by our own page. */
  | "download"
  /** The WebSocket of the calls. */
  | "socket"

/** Why a request is refused. */
export type GuardProblem = "host" | "origin" | "token"

/** What a guard knows. */
export interface GuardOptions {
  readonly token: string
  /** Names and addresses under which a browser may know this server, in lower case, IPv6 without brackets. */
  readonly hosts: ReadonlySet<string>
  readonly scheme: "http" | "https"
}

const digest = (text: string) => createHash("sha256").update(text).digest()

/** Compares two secrets in a time that tells nothing of where they differ, nor of their lengths. */
export const sameSecret = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

/** The host of a `Host` header or of an origin, without its port; none if the header is malformed. */
export const hostNameOf = (host: string): string | undefined => {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@?#\s]+))(?::\d{1,5})?$/i.exec(host)
  return (match?.[1] ?? match?.[2])?.toLowerCase()
}

const loopbackName = (name: string): boolean =>
  name === "localhost" || name.endsWith(".localhost") || name === "::1" || (isIP(name) === 4 && name.startsWith("127."))

/**
 * Decides whether a request is answered. `undefined`: it is.
 *
 * - `Host`: another site can let its own name point to this machine (DNS rebinding). Its page then sends its own name.
 *   The port is not compared, as a forwarded port (ssh -L) has another number, and `Origin` must have the same.
 * - `Origin`: a page of another site can open a WebSocket to any address. A browser names the page's origin; a rebound name
 *   would match itself, so `Host` is checked as well.
 * - The token: other programs and users of this machine reach 127.0.0.1 too.
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
