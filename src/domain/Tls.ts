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
