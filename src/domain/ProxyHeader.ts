import * as Schema from "effect/Schema"
import { Endpoint, type TcpEndpoint, type UnixEndpoint } from "./Endpoint.ts"

/** The version of the header: 1 is a line of text, 2 is binary. */
export type ProxyVersion = 1 | 2

/**
 * The header that a proxy sends before the first byte of a connection. It names the client that connected to the proxy
 * (the PROXY protocol of HAProxy, https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt).
 */
export interface ProxyHeader {
  readonly version: ProxyVersion
  /**
   * `local`: the proxy connects for its own purpose, such as a health check. `proxy`: the proxy connects for a client.
   */
  readonly command: "local" | "proxy"
  /**
   * The client's address. `undefined` if the header has no address. The addresses of the connection itself then apply.
   */
  readonly source: Endpoint | undefined
  /** The address that the client connected to. `undefined` if `source` is `undefined`. */
  readonly destination: Endpoint | undefined
}

/** The proxy that made a connection for its client. */
export const ProxiedBy = Schema.Struct({
  /** The proxy's address. */
  by: Endpoint,
  /** The address that the client connected to, if the header names it. */
  destination: Schema.optional(Endpoint),
})
export type ProxiedBy = typeof ProxiedBy.Type

/** The two ends of a connection in a form that a header can carry: addresses of one family, or paths. */
export type ProxyEnds =
  | { readonly _tag: "Tcp"; readonly v6: boolean; readonly source: TcpEndpoint; readonly destination: TcpEndpoint }
  | { readonly _tag: "Unix"; readonly source: UnixEndpoint; readonly destination: UnixEndpoint }
