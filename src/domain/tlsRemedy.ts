import { isCertificateFailure, isUntrustedCertificate } from "./tlsFailures.ts"

/**
 * A change that may mend a TLS failure: trust in a CA, another name, a renewed certificate, a client certificate, other
 * versions or ciphers, weak settings for an old device, or a connection without TLS or with STARTTLS.
 */
export type TlsRemedy =
  | "trust"
  | "name"
  | "date"
  | "certificate"
  | "identity"
  | "versions"
  | "ciphers"
  | "legacy"
  | "plain"

const legacyCodes: ReadonlySet<string> = new Set([
  "ERR_TLS_DH_PARAM_SIZE",
  "ERR_SSL_DH_KEY_TOO_SMALL",
  "ERR_SSL_EE_KEY_TOO_SMALL",
  "ERR_SSL_CA_KEY_TOO_SMALL",
  "ERR_SSL_CA_MD_TOO_WEAK",
  "ERR_SSL_LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED",
  "ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
])

const versionCodes: ReadonlySet<string> = new Set([
  "ERR_SSL_UNSUPPORTED_PROTOCOL",
  "ERR_SSL_VERSION_TOO_LOW",
  "ERR_SSL_WRONG_SSL_VERSION",
  "ERR_SSL_NO_PROTOCOLS_AVAILABLE",
  "ERR_SSL_BAD_PROTOCOL_VERSION_NUMBER",
])

const cipherCodes: ReadonlySet<string> = new Set(["ERR_SSL_NO_SHARED_CIPHER", "ERR_SSL_NO_CIPHERS_AVAILABLE"])

const plainCodes: ReadonlySet<string> = new Set([
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
  "ERR_SSL_HTTP_REQUEST",
  "ERR_SSL_UNKNOWN_PROTOCOL",
  "ERR_SSL_RECORD_LAYER_FAILURE",
  "ERR_SSL_BAD_RECORD_TYPE",
  "ERR_SSL_UNEXPECTED_MESSAGE",
])

/** The remedy of a TLS failure, from its code. `undefined` if the code tells none. */
export const tlsRemedyOf = (code: string): TlsRemedy | undefined => {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID" || code === "HOSTNAME_MISMATCH") return "name"
  if (isUntrustedCertificate(code)) return "trust"
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") return "date"
  if (isCertificateFailure(code)) return "certificate"
  if (code.endsWith("ALERT_CERTIFICATE_REQUIRED")) return "identity"
  if (versionCodes.has(code) || code.endsWith("ALERT_PROTOCOL_VERSION")) return "versions"
  if (cipherCodes.has(code) || code.endsWith("ALERT_HANDSHAKE_FAILURE") || code.endsWith("ALERT_INSUFFICIENT_SECURITY"))
    return "ciphers"
  if (legacyCodes.has(code)) return "legacy"
  return plainCodes.has(code) ? "plain" : undefined
}
