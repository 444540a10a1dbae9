import type { Endpoint, ProxiedBy, TlsSession } from "../../domain/index.ts"
import type { Wire } from "../../transport/index.ts"

/** A wire whose access checks and handshakes have succeeded, and their results. */
export interface AcceptedConnection {
  readonly wire: Wire
  /** The peer. Behind a proxy: the client that the proxy's header names. */
  readonly remote: Endpoint
  readonly tls?: TlsSession
  readonly proxied?: ProxiedBy
  /**
   * Whether the wire is paused. The handshake pauses the wire after the PROXY header, so that the wire keeps the bytes
   * after the header until the connection reads them.
   */
  readonly isPaused?: boolean
}
