import * as Schema from "effect/Schema"

/** The versions of TLS, the oldest first. TLSv1 and TLSv1.1 are not safe (RFC 8996). */
export const tlsVersions = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const
export type TlsVersion = (typeof tlsVersions)[number]

/** The protocols that can change a connection from plain text to TLS. */
export const startTlsProtocols = ["smtp", "imap", "pop3", "ftp", "xmpp", "postgres", "ldap"] as const
export type StartTlsProtocol = (typeof startTlsProtocols)[number]

/** The holder and issuer of a certificate. */
export const TlsCertificate = Schema.Struct({
  /** The distinguished name of the holder, such as `CN=plc-1, O=Plant` (RFC 4514). `issuer` has the same form. */
  subject: Schema.String,
  issuer: Schema.String,
  /** The subject alternative names, such as `DNS:plc-1, IP Address:10.0.0.7` (RFC 5280). Absent if there are none. */
  subjectAltName: Schema.optional(Schema.String),
  /** The SHA-256 digest of the certificate, in hexadecimal with colons. */
  fingerprint: Schema.String,
  /** The end of its validity, milliseconds since the epoch. */
  validTo: Schema.Number,
})
export type TlsCertificate = typeof TlsCertificate.Type

/** The parameters that a TLS handshake negotiated. */
export const TlsSession = Schema.Struct({
  /** The version, such as `TLSv1.3`. */
  protocol: Schema.String,
  /** The cipher suite by its IANA name, such as `TLS_AES_256_GCM_SHA384`. */
  cipher: Schema.String,
  /** The application protocol that ALPN negotiated (RFC 7301). */
  alpn: Schema.optional(Schema.String),
  /** The server name that the client requested by SNI (RFC 6066, section 3). */
  serverName: Schema.optional(Schema.String),
  /** The peer's certificate, if it presented one. */
  peer: Schema.optional(TlsCertificate),
})
export type TlsSession = typeof TlsSession.Type
