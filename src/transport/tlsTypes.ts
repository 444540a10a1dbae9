import type * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
import type { StartTlsProtocol, TlsSession, TlsVersion } from "../domain/index.ts"
import type { Wire } from "./Wire.ts"

// The types of `Tls`. They have a file of their own because `tls/nodeTls.ts` and `tls/tlsHandshake.ts` need them too.

/**
 * A certificate and its key as PEM (RFC 7468). The certificates of the chain to the CA follow the certificate in
 * `cert`.
 */
export interface Identity {
  readonly cert: string
  readonly key: Redacted.Redacted<string>
  /** The passphrase of an encrypted key. Default none. It has no effect on a key that is not encrypted. */
  readonly passphrase?: Redacted.Redacted<string>
}

/** A PKCS #12 file (RFC 7292), named `.p12` or `.pfx`: a certificate, its key and the certificates of its CAs. */
export interface Pkcs12 {
  readonly pfx: Uint8Array
  /** The passphrase of the file. Default: no passphrase, or an empty one. */
  readonly passphrase?: Redacted.Redacted<string>
}

/** The result of `Tls.readIdentity`. */
export interface IdentityContent {
  /** The identity as PEM. From a PKCS #12 file: the certificate with the chain to its CA, and the key without encryption. */
  readonly identity: Identity
  /** The CA certificates of a PKCS #12 file, PEM. `undefined`: there are none. */
  readonly ca: string | undefined
}

/** The options of both sides. */
export interface CommonOptions {
  /** Application protocols, the preferred one first (RFC 7301). Default none. */
  readonly alpn?: ReadonlyArray<string>
  /**
   * The lowest accepted version of TLS. Default: TLSv1.2, or TLSv1 with `legacy` or a lower `maxVersion`. OpenSSL has
   * TLSv1 and TLSv1.1 only at its security level 0, so a version below TLSv1.2 also allows small keys and SHA-1.
   */
  readonly minVersion?: TlsVersion
  /** The highest accepted version of TLS. Default TLSv1.3. */
  readonly maxVersion?: TlsVersion
  /**
   * The accepted ciphers, the preferred one first, in the format of OpenSSL (openssl-ciphers(1)), such as
   * `TLS_AES_128_GCM_SHA256:ECDHE+AESGCM`. Without a cipher of TLS 1.3 in the list, there is no TLS 1.3, and without
   * another cipher only TLS 1.3. Default: the ciphers of Node.
   */
  readonly ciphers?: string
  /**
   * For old devices: accepts TLSv1, all ciphers with encryption and certificates, small keys, and servers without secure
   * renegotiation (RFC 5746). An attacker on the network may break such a connection. Default false.
   */
  readonly legacy?: boolean
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
  readonly identities: readonly [Identity | Pkcs12, ...ReadonlyArray<Identity | Pkcs12>]
  /**
   * CA certificates, PEM. If they are set, each client must present a certificate that chains to one of them. Default
   * none.
   */
  readonly clientCa?: string
}

/** Options of TLS for dialled connections. */
export interface ConnectorOptions extends CommonOptions {
  /**
   * The trusted CA certificates, PEM, or "system" for those of the operating system (`Tls.systemCa`). Default: the CA
   * certificates that come with Node, and those in the PKCS #12 file of `identity`.
   */
  readonly ca?: string
  /** Whether the certificate of the server must be valid and have the name of the server. Default true. */
  readonly verify?: boolean
  /**
   * The name of the server: it is sent as SNI, and the certificate must have it. Default, also for an empty name: the
   * host that was dialled.
   */
  readonly serverName?: string
  /** The certificate of the client, for a server that requests one. Default none. */
  readonly identity?: Identity | Pkcs12
  /**
   * The protocol of the server, if the connection begins without TLS and changes to it by a command of the protocol, such
   * as STARTTLS of SMTP (RFC 3207). The greeting is not part of the data of the connection. Default: TLS at once.
   */
  readonly startTls?: StartTlsProtocol
  /**
   * The deadline of the dialogue of `startTls`, before the handshake. Default 8 s, which is below the default of
   * `connectTimeout`, so that the failure names what the server did not answer.
   */
  readonly startTlsTimeout?: Duration.DurationInput
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
