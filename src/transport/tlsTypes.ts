import type * as Redacted from "effect/Redacted"
import type { TlsSession, TlsVersion } from "../domain/index.ts"
import type { Wire } from "./Wire.ts"

// The types of `Tls`. They have a file of their own because the files that carry TLS out need them as well.

/** A certificate, those that lead from it to its CA behind it, and its key, as PEM (RFC 7468). */
export interface Identity {
  readonly cert: string
  readonly key: Redacted.Redacted<string>
}

/** What both sides of a handshake can be given. */
export interface CommonOptions {
  /** Protocols by preference (RFC 7301). Default none. */
  readonly alpn?: ReadonlyArray<string>
  /** The lowest version that is spoken. Default TLSv1.2. */
  readonly minVersion?: TlsVersion
  /** Gets the secrets of each connection, a line at a time, for programs that read captures. Default none. */
  readonly onKeyLog?: (line: Uint8Array) => void
}

/** How accepted connections are secured. */
export interface AcceptorOptions extends CommonOptions {
  /**
   * Who this server is. Of several, a client that asks for a name (SNI, RFC 6066) gets the first whose certificate is of
   * that name; else the first of all.
   */
  readonly identities: readonly [Identity, ...ReadonlyArray<Identity>]
  /** CA certificates, PEM. Given, each client has to show a certificate that comes from one of them. Default none. */
  readonly clientCa?: string
}

/** How dialled connections are secured. */
export interface ConnectorOptions extends CommonOptions {
  /** CA certificates, PEM, in place of those that come with Node. */
  readonly ca?: string
  /** Whether the server's certificate must be valid and of its name. Default true. */
  readonly verify?: boolean
  /** The name that is asked for and that the certificate must have. Default: the host as it was dialled. */
  readonly serverName?: string
  /** Who this client is, for a server that asks. Default nobody. */
  readonly identity?: Identity
}

/** What becomes of a handshake; exactly one of both is called, once. */
export interface HandshakeCallbacks {
  /** The secured wire takes the place of the one below. */
  readonly onSecured: (wire: Wire, session: TlsSession) => void
  /**
   * The wire is destroyed. The code is that of the system or of OpenSSL; `describeTlsFailure` has words for it. `detail`:
   * words that say more than the code, such as the names that a certificate has.
   */
  readonly onFailed: (code: string, detail?: string) => void
}

/** Secures accepted wires. Made by `Tls.acceptor`. */
export interface Acceptor {
  /** Begins a handshake. Gives what ends it, with the wire. */
  readonly secure: (wire: Wire, callbacks: HandshakeCallbacks) => () => void
}

/** Secures dialled wires. Made by `Tls.connector`. */
export interface Connector {
  /** Begins a handshake with a host. Gives what ends it, with the wire. */
  readonly secure: (wire: Wire, host: string, callbacks: HandshakeCallbacks) => () => void
}
