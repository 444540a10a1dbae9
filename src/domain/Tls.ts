import * as Schema from "effect/Schema"

/** The versions of TLS that can be asked for as the lowest: RFC 5246 and RFC 8446. Older ones are never spoken (RFC 8996). */
export const tlsVersions = ["TLSv1.2", "TLSv1.3"] as const
export type TlsVersion = (typeof tlsVersions)[number]

/** What a certificate says of who has it. */
export const TlsCertificate = Schema.Struct({
  /** Distinguished names, such as `CN=plc-1, O=Plant` (RFC 4514). */
  subject: Schema.String,
  issuer: Schema.String,
  /** SHA-256 of the whole certificate, in hexadecimal with colons. */
  fingerprint: Schema.String,
  /** The end of its validity, milliseconds since the epoch. */
  validTo: Schema.Number,
})
export type TlsCertificate = typeof TlsCertificate.Type

/** What was agreed on in the handshake of a connection. */
export const TlsSession = Schema.Struct({
  /** Such as `TLSv1.3`. */
  protocol: Schema.String,
  /** The cipher suite by its IANA name, such as `TLS_AES_256_GCM_SHA384`. */
  cipher: Schema.String,
  /** The protocol agreed on by ALPN (RFC 7301). */
  alpn: Schema.optional(Schema.String),
  /** The name that the client asked for by SNI (RFC 6066, section 3). */
  serverName: Schema.optional(Schema.String),
  /** The peer's certificate, if it has shown one. */
  peer: Schema.optional(TlsCertificate),
})
export type TlsSession = typeof TlsSession.Type

const problems: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: "what it sent is not TLS",
  ERR_SSL_HTTP_REQUEST: "it sent plain HTTP in place of TLS",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "what it sent is not TLS",
  ERR_SSL_UNEXPECTED_MESSAGE: "what it sent is not TLS",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "it speaks no version of TLS that is allowed here",
  ERR_SSL_VERSION_TOO_LOW: "it speaks no version of TLS that is allowed here",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "it refused the version of TLS",
  ERR_SSL_NO_SHARED_CIPHER: "the two sides have no cipher in common",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "it refused the handshake (no cipher or certificate that suits it)",
  ERR_SSL_NO_APPLICATION_PROTOCOL: "the two sides have no ALPN protocol in common",
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: "it has none of the ALPN protocols",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "it does not trust the certificate (unknown CA)",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: "it did not accept the certificate",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "it did not accept the certificate",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: "it says that the certificate has expired",
  ERR_SSL_TLSV1_ALERT_CERTIFICATE_REQUIRED: "it asks for a client certificate",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "it asks for a client certificate",
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: "it does not know the name that was asked for",
  ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR: "it failed in the handshake (internal error)",
  ECONNRESET: "it closed the connection in the handshake",
  EPIPE: "it closed the connection in the handshake",
  ERR_NOT_A_SOCKET: "the transport has no TLS",
  CERT_MISSING: "it has shown no certificate",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  CERT_REVOKED: "its certificate is revoked",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed and not trusted",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate comes from a CA that is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate comes from a CA that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate comes from a CA that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate comes from a CA that is not trusted",
  INVALID_PURPOSE: "its certificate is not made for that purpose",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is of another name",
}

/**
 * Why a handshake failed, in words about the peer; for a code that has none, the code itself.
 *
 * @example
 * import { describeTlsFailure } from "tcpfx/domain"
 *
 * assert.equal(describeTlsFailure("CERT_HAS_EXPIRED"), "its certificate has expired")
 */
export const describeTlsFailure = (code: string): string => problems[code] ?? `TLS failed with ${code}`

/** Whether a code says that the peer's certificate was not accepted by this side. */
export const isCertificateFailure = (code: string): boolean =>
  /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_|ERR_TLS_CERT)/.test(code)
