import type { Endpoint, ProxiedBy, TlsSession } from "../../domain/index.ts"
import type { Wire } from "../../transport/index.ts"

/** A wire whose access checks and handshakes have succeeded, and their results. */
export interface AcceptedConnection {
  readonly wire: Wire
  /** The peer. Behind a proxy: the client that the proxy's header names. */
  readonly remote: Endpoint
  readonly tls?: TlsSession
  readonly proxied?: ProxiedBy
  /** Whether the wire is paused: reading its PROXY header has left bytes in it for the connection. */
  readonly isPaused?: boolean
}
