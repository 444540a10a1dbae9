// The codes come from Node and OpenSSL. Node builds a code from OpenSSL's text, and that text differs between versions:
// OpenSSL 3.0 has SSLV3_ALERT_BAD_CERTIFICATE, and 3.2 and later have SSL/TLS_ALERT_BAD_CERTIFICATE.

import { noHello } from "./noHello.ts"

const alertPrefix = /^ERR_SSL_(?:SSLV3|SSL\/TLS|TLSV1|TLSV10|TLSV13)_(?:ALERT_)?(.+)$/

/** The alerts that a peer sends before it closes: the number (RFC 8446, section 6) and the meaning. */
const alerts: Readonly<Record<string, readonly [number, string]>> = {
  UNEXPECTED_MESSAGE: [10, "it received an unexpected message"],
  BAD_RECORD_MAC: [20, "it could not decrypt what this side sent"],
  RECORD_OVERFLOW: [22, "it received a record that is too long"],
  HANDSHAKE_FAILURE: [
    40,
    "it refused the handshake: it accepts no cipher of this side, or requires a client certificate",
  ],
  NO_CERTIFICATE: [41, "it has no certificate"],
  BAD_CERTIFICATE: [42, "it does not accept this side's certificate"],
  UNSUPPORTED_CERTIFICATE: [43, "it does not accept this kind of certificate from this side"],
  CERTIFICATE_REVOKED: [44, "it says that this side's certificate is revoked"],
  CERTIFICATE_EXPIRED: [45, "it says that this side's certificate has expired or is not valid yet"],
  CERTIFICATE_UNKNOWN: [46, "it does not accept this side's certificate"],
  ILLEGAL_PARAMETER: [47, "it found an illegal value in the handshake"],
  UNKNOWN_CA: [48, "it does not trust the CA of this side's certificate"],
  ACCESS_DENIED: [49, "it refuses access to the holder of this side's certificate"],
  DECODE_ERROR: [50, "it could not read a message of the handshake"],
  DECRYPT_ERROR: [51, "it found a wrong signature or checksum in the handshake"],
  PROTOCOL_VERSION: [70, "it speaks no version of TLS that this side offers"],
  INSUFFICIENT_SECURITY: [71, "it asks for stronger ciphers than this side offers"],
  INTERNAL_ERROR: [80, "it failed with an internal error"],
  INAPPROPRIATE_FALLBACK: [86, "it refuses a lower version of TLS than it could speak"],
  USER_CANCELLED: [90, "it cancelled the handshake"],
  NO_RENEGOTIATION: [100, "it refuses to renegotiate"],
  MISSING_EXTENSION: [109, "it misses an extension in the handshake"],
  UNSUPPORTED_EXTENSION: [110, "it got an extension that it did not ask for"],
  UNRECOGNIZED_NAME: [112, "it does not know the name that was asked for"],
  BAD_CERTIFICATE_STATUS_RESPONSE: [113, "it does not accept the status of this side's certificate"],
  UNKNOWN_PSK_IDENTITY: [115, "it does not know this side's pre-shared key"],
  CERTIFICATE_REQUIRED: [116, "it requires a client certificate"],
  NO_APPLICATION_PROTOCOL: [120, "it speaks none of the ALPN protocols that this side offers"],
}

const notTls = "what it sent is not TLS"
const noVersion = "it speaks no version of TLS that is allowed here"
const untrusted = "its certificate comes from a CA that is not trusted"
const brokenCertificate = "its certificate cannot be read"
const tooSmallKey = "the key of its certificate is too small to be safe"
const tooSmallDh = "its Diffie-Hellman key is too small to be safe"
const tooWeak = "the key or signature of its CA is too weak to be safe"
const weakSignature = "it signs with SHA-1 or MD5, as old versions of TLS do"
const noSignature = "the two sides have no signature algorithm in common"
const brokenRecord = "what it sent cannot be decrypted"

const problems: Readonly<Record<string, string>> = {
  // Problems with the bytes that the peer sent.
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
  ERR_SSL_HTTP_REQUEST: "it sent plain HTTP instead of TLS",
  ERR_SSL_HTTPS_PROXY_REQUEST: "it sent a request for an HTTP proxy instead of TLS",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: notTls,
  ERR_SSL_UNEXPECTED_MESSAGE: notTls,
  ERR_SSL_BAD_RECORD_TYPE: notTls,
  ERR_SSL_RECORD_LAYER_FAILURE: notTls,
  ERR_SSL_UNKNOWN_PROTOCOL: notTls,
  ERR_SSL_UNEXPECTED_EOF_WHILE_READING: "it closed the connection in the handshake",
  ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC: brokenRecord,
  ERR_SSL_BAD_DECRYPT: brokenRecord,
  ERR_SSL_BAD_SIGNATURE: "its signature of the handshake is wrong",
  ERR_SSL_TOO_MANY_KEY_UPDATES: "it changed its keys too often",
  ERR_TLS_RENEGOTIATION_DISABLED: "it asked to renegotiate, which is not allowed",
  ERR_TLS_SESSION_ATTACK: "it asked to renegotiate, which is not allowed",
  ECONNRESET: "it closed the connection in the handshake",
  EPIPE: "it closed the connection in the handshake",
  [noHello]: "it closed the connection before it sent anything",
  // The two sides have no version, cipher or protocol in common.
  ERR_SSL_UNSUPPORTED_PROTOCOL: noVersion,
  ERR_SSL_VERSION_TOO_LOW: noVersion,
  ERR_SSL_WRONG_SSL_VERSION: noVersion,
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: noVersion,
  ERR_SSL_BAD_PROTOCOL_VERSION_NUMBER: noVersion,
  ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED: "it supports only unsafe renegotiation, as old servers do",
  ERR_SSL_NO_SHARED_CIPHER: "the two sides have no cipher in common",
  ERR_SSL_NO_CIPHERS_AVAILABLE:
    "no cipher of this side's list can be used with its versions of TLS and OpenSSL's security level",
  ERR_SSL_NO_SUITABLE_KEY_SHARE: "the two sides have no key exchange in common",
  ERR_SSL_NO_SUITABLE_GROUPS: "the two sides have no key exchange in common",
  ERR_SSL_NO_SHARED_GROUPS: "the two sides have no key exchange in common",
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: noSignature,
  ERR_SSL_NO_SHARED_SIGNATURE_ALGORITHMS: noSignature,
  ERR_SSL_NO_SHARED_SIGATURE_ALGORITHMS: noSignature,
  ERR_SSL_LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED: weakSignature,
  ERR_SSL_NO_APPLICATION_PROTOCOL: "the two sides have no ALPN protocol in common",
  ERR_NOT_A_SOCKET: "the transport has no TLS",
  // Problems before the handshake, in the dialogue of STARTTLS.
  ERR_STARTTLS_REFUSED: "it refused STARTTLS",
  ERR_STARTTLS_MISSING: "it does not offer STARTTLS",
  ERR_STARTTLS_INVALID: "what it sent before the handshake is not the protocol of STARTTLS",
  ERR_STARTTLS_INJECTED: "it sent more than its answer before the handshake, as an attacker on the network could",
  ERR_STARTTLS_CLOSED: "it closed the connection before the handshake",
  ERR_STARTTLS_TIMEOUT: "it did not answer in time before the handshake",
  // Problems with the peer's certificate.
  CERT_MISSING: "it presented no certificate",
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "it presented no certificate",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  CERT_REVOKED: "its certificate is revoked",
  CERT_REJECTED: "its certificate is rejected by its CA",
  CERT_UNTRUSTED: untrusted,
  CERT_CHAIN_TOO_LONG: "its certificate chain is too long",
  CERT_SIGNATURE_FAILURE: "the signature of its certificate is wrong",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed and not trusted",
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: brokenCertificate,
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: brokenCertificate,
  ERROR_IN_CERT_NOT_BEFORE_FIELD: brokenCertificate,
  ERROR_IN_CERT_NOT_AFTER_FIELD: brokenCertificate,
  INVALID_CA: "an issuer in its certificate chain is not a CA",
  PATH_LENGTH_EXCEEDED: "its certificate chain is longer than a CA in it allows",
  INVALID_PURPOSE: "its certificate is not valid for this purpose",
  HOSTNAME_MISMATCH: "its certificate is for another name",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  ERR_TLS_CERT_ALTNAME_FORMAT: brokenCertificate,
  UNSPECIFIED: "its certificate cannot be verified",
  ERR_TLS_DH_PARAM_SIZE: tooSmallDh,
  ERR_SSL_DH_KEY_TOO_SMALL: tooSmallDh,
  ERR_SSL_EE_KEY_TOO_SMALL: tooSmallKey,
  ERR_SSL_CA_KEY_TOO_SMALL: tooWeak,
  ERR_SSL_CA_MD_TOO_WEAK: tooWeak,
}

/** Returns the name of the alert in a code, in capitals, or `undefined`. */
const alertIn = (code: string): string | undefined => {
  const name = alertPrefix.exec(code)?.[1]
  return name !== undefined && name in alerts ? name : undefined
}

/**
 * Describes why TLS failed. The text refers to the peer as "it". The text for an unknown code contains the code.
 *
 * @example
 * import { describeTlsFailure } from "tcpfx/domain"
 *
 * assert.equal(describeTlsFailure("CERT_HAS_EXPIRED"), "its certificate has expired")
 */
export const describeTlsFailure = (code: string): string => {
  const name = alertIn(code)
  const [number, words] = alerts[name ?? ""] ?? []
  return name === undefined
    ? (problems[code] ?? `TLS failed with ${code}`)
    : `${words} (alert ${number}, ${name.toLowerCase()})`
}

/** Whether a code comes from TLS and not from the kernel. */
export const isTlsCode = (code: string): boolean =>
  /^ERR_(SSL|TLS|OSSL|STARTTLS)_/.test(code) || isCertificateFailure(code)

/** Whether a code means that this side refused the peer's certificate. */
export const isCertificateFailure = (code: string): boolean =>
  /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_|ERR_TLS_CERT|PATH_LENGTH|HOSTNAME_|ERROR_IN_CERT|UNSPECIFIED)/.test(
    code,
  )

/** Whether a code means that no trusted CA signed the peer's certificate. */
export const isUntrustedCertificate = (code: string): boolean =>
  problems[code] === untrusted || code === "DEPTH_ZERO_SELF_SIGNED_CERT"

/** Alerts with a temporary cause, on the network or in the peer. Another attempt may succeed. */
const temporary: ReadonlySet<string> = new Set(["BAD_RECORD_MAC", "INTERNAL_ERROR", "USER_CANCELLED"])

/** Failures without an alert that have a temporary cause. */
const temporaryCodes: ReadonlySet<string> = new Set([
  noHello,
  "ERR_STARTTLS_REFUSED",
  "ERR_STARTTLS_CLOSED",
  "ERR_STARTTLS_TIMEOUT",
])

/**
 * Whether another attempt would fail in the same way: one side refuses a certificate, the name does not match, the
 * sides have no version, cipher or protocol in common, or the peer does not speak TLS. Only another setting or
 * certificate helps.
 *
 * @example
 * import { isLastingTlsFailure } from "tcpfx/domain"
 *
 * assert.equal(isLastingTlsFailure("CERT_HAS_EXPIRED"), true)
 * assert.equal(isLastingTlsFailure("ECONNRESET"), false)
 */
export const isLastingTlsFailure = (code: string): boolean => {
  const alert = alertIn(code)
  if (alert !== undefined) return !temporary.has(alert)
  if (isCertificateFailure(code)) return true
  if (temporaryCodes.has(code)) return false
  const problem = problems[code]
  return (
    code.startsWith("ERR_") && problem !== undefined && problem !== brokenRecord && !code.includes("UNEXPECTED_EOF")
  )
}
