import * as Schema from "effect/Schema"
import { Endpoint, type TcpEndpoint, type UnixEndpoint } from "./Endpoint.ts"

/** The two forms of the header: 1 is a line of text, 2 is binary. */
export type ProxyVersion = 1 | 2

/**
 * What a proxy tells of a connection before its first byte: on whose behalf it is made (the PROXY protocol of HAProxy,
 * https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt).
 */
export interface ProxyHeader {
  readonly version: ProxyVersion
  /** `local`: the proxy connects for itself, as for a health check. `proxy`: it does so for somebody. */
  readonly command: "local" | "proxy"
  /** Who connected to the proxy. Absent where that is not told: then the connection's own addresses hold. */
  readonly source: Endpoint | undefined
  /** Where it connected to. Absent together with `source`. */
  readonly destination: Endpoint | undefined
}

/** That a connection was made by a proxy on behalf of its peer. */
export const ProxiedBy = Schema.Struct({
  /** The proxy. */
  by: Endpoint,
  /** Where the peer had connected to, if the proxy tells. */
  destination: Schema.optional(Endpoint),
})
export type ProxiedBy = typeof ProxiedBy.Type

/** The two ends of a connection as a header can name them: addresses of one family, or paths. */
export type ProxyEnds =
  | { readonly _tag: "Tcp"; readonly v6: boolean; readonly source: TcpEndpoint; readonly destination: TcpEndpoint }
  | { readonly _tag: "Unix"; readonly source: UnixEndpoint; readonly destination: UnixEndpoint }
