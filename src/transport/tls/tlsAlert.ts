import { createCipheriv, createHmac } from "node:crypto"

// In a server, Node makes OpenSSL accept every client certificate and checks the certificate afterwards. So OpenSSL
// never sends the alert with the reason of a refusal (RFC 8446, section 6.2). This file makes the record that OpenSSL
// would send.

const fatal = 2
const alertType = 0x15
const applicationType = 0x17

/** The number of the alert for a verification error, as in OpenSSL (`ssl_x509err2alert`). */
export const alertNumber = (code: string, protocol: "TLSv1.2" | "TLSv1.3"): number => {
  switch (code) {
    case "CERT_MISSING":
      return protocol === "TLSv1.3" ? 116 : 40
    case "CERT_HAS_EXPIRED":
      return 45
    case "CERT_REVOKED":
      return 44
    case "INVALID_PURPOSE":
      return 43
    case "CERT_SIGNATURE_FAILURE":
      return 51
    case "CERT_NOT_YET_VALID":
    case "CERT_REJECTED":
    case "CERT_UNTRUSTED":
    case "ERROR_IN_CERT_NOT_BEFORE_FIELD":
    case "ERROR_IN_CERT_NOT_AFTER_FIELD":
      return 42
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "CERT_CHAIN_TOO_LONG":
    case "PATH_LENGTH_EXCEEDED":
    case "INVALID_CA":
      return 48
    default:
      return 46
  }
}

/** The second number of the versions below TLS 1.2 in a record. The first is 3. */
const oldVersions: Readonly<Record<string, number>> = { TLSv1: 1, "TLSv1.1": 2 }

/**
 * A fatal alert without encryption, for TLS up to 1.2 before ChangeCipherSpec (RFC 5246, section 7.2). A client ignores
 * the alert if its record has another version than `protocol`, which the two sides chose.
 */
export const plainAlert = (number: number, protocol: string): Uint8Array =>
  Uint8Array.of(alertType, 3, oldVersions[protocol] ?? 3, 0, 2, fatal, number)

/** The TLS 1.3 suites that Node offers: cipher, hash, and key length in bytes (RFC 8446, appendix B.4). */
const suites = {
  TLS_AES_128_GCM_SHA256: ["aes-128-gcm", "sha256", 16],
  TLS_AES_256_GCM_SHA384: ["aes-256-gcm", "sha384", 32],
  TLS_CHACHA20_POLY1305_SHA256: ["chacha20-poly1305", "sha256", 32],
} as const

/** HKDF-Expand-Label with an empty context, for at most as many bytes as the hash has (RFC 8446, section 7.1). */
const expand = (hash: string, secret: Uint8Array, label: string, length: number): Uint8Array => {
  const name = Buffer.from(`tls13 ${label}`)
  const info = Buffer.concat([Uint8Array.of(0, length, name.length), name, Uint8Array.of(0, 1)])
  return createHmac(hash, secret).update(info).digest().subarray(0, length)
}

/**
 * A fatal alert as the first record that its sender encrypts with its traffic secret (RFC 8446, sections 5.2 and 5.3).
 * `undefined` for an unknown suite. The nonce of the first record is the IV itself.
 */
export const sealedAlert = (number: number, suite: string, secret: Uint8Array): Uint8Array | undefined => {
  if (
    !(
      suite === "TLS_AES_128_GCM_SHA256" ||
      suite === "TLS_AES_256_GCM_SHA384" ||
      suite === "TLS_CHACHA20_POLY1305_SHA256"
    )
  )
    return undefined
  const [cipherName, hash, keyLength] = suites[suite]
  const key = expand(hash, secret, "key", keyLength)
  const iv = expand(hash, secret, "iv", 12)
  const plain = Uint8Array.of(fatal, number, alertType)
  const header = Uint8Array.of(applicationType, 3, 3, 0, plain.length + 16)
  // Node types each AEAD cipher separately. All three accept the same calls.
  const cipher = createCipheriv(cipherName as "aes-128-gcm", key, iv, { authTagLength: 16 })
  cipher.setAAD(header)
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([header, sealed, cipher.getAuthTag()])
}
