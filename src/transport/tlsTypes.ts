import type * as Redacted from "effect/Redacted"
import type { TlsSession, TlsVersion } from "../domain/index.ts"
import type { Wire } from "./Wire.ts"

// The types of `Tls`. They have a file of their own because `tls/nodeTls.ts` and `tls/tlsHandshake.ts` need them too.

/**
 * A certificate and its key as PEM (RFC 7468). The certificates of the chain to the CA follow the certificate in
 * `cert`.
 */
export interface Identity {
  readonly cert: string
  readonly key: Redacted.Redacted<string>
}

/** The options of both sides. */
export interface CommonOptions {
  /** Application protocols, the preferred one first (RFC 7301). Default none. */
  readonly alpn?: ReadonlyArray<string>
  /** The lowest accepted version of TLS. Default TLSv1.2. */
  readonly minVersion?: TlsVersion
  /**
   * Called with each line of the secrets of a connection, for programs that decrypt captured traffic. Default: no call.
   */
  readonly onKeyLog?: (line: Uint8Array) => void
}

/** Options of TLS for accepted connections. */
export interface AcceptorOptions extends CommonOptions {
  /**
   * The certificates of the server. A client that names a host (SNI, RFC 6066) gets the first certificate for that
   * name. All other clients get the first certificate.
   */
  readonly identities: readonly [Identity, ...ReadonlyArray<Identity>]
  /**
   * CA certificates, PEM. If they are set, each client must present a certificate that chains to one of them. Default
   * none.
   */
  readonly clientCa?: string
}

/** Options of TLS for dialled connections. */
export interface ConnectorOptions extends CommonOptions {
  /** CA certificates, PEM. They replace the CA certificates that come with Node. */
  readonly ca?: string
  /** Whether the certificate of the server must be valid and have the name of the server. Default true. */
  readonly verify?: boolean
  /**
   * The name of the server: it is sent as SNI, and the certificate must have it. Default: the host that was dialled.
   */
  readonly serverName?: string
  /** The certificate of the client, for a server that requests one. Default none. */
  readonly identity?: Identity
}

/** Callbacks for the result of a handshake. Exactly one of them is called, once. */
export interface HandshakeCallbacks {
  /** The handshake has succeeded. `wire` replaces the wire below it. */
  readonly onSecured: (wire: Wire, session: TlsSession) => void
  /**
   * The handshake has failed, and the wire is destroyed. `code` is an error code of the kernel or of OpenSSL, which
   * `describeTlsFailure` explains. `detail` contains further information, for example the names in a certificate.
   */
  readonly onFailed: (code: string, detail?: string) => void
}

/** Secures accepted wires. `Tls.acceptor` makes it. */
export interface Acceptor {
  /** Starts a handshake. Returns the function that cancels it and destroys the wire. */
  readonly secure: (wire: Wire, callbacks: HandshakeCallbacks) => () => void
}

/** Secures dialled wires. `Tls.connector` makes it. */
export interface Connector {
  /** Starts a handshake with a host. Returns the function that cancels it and destroys the wire. */
  readonly secure: (wire: Wire, host: string, callbacks: HandshakeCallbacks) => () => void
}
