// Detects certificates and keys in other formats than PEM by their first bytes.

const integerTag = 0x02
const oidTag = 0x06
const sequenceTag = 0x30
const versionTag = 0xa0

/** The start of the content of a DER value (X.690, section 8.1.3). */
const contentAt = (bytes: Uint8Array, at: number): number => {
  const length = bytes[at + 1] ?? 0
  return at + 2 + (length < 0x80 ? 0 : length & 0x7f)
}

const text = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes.subarray(0, 4096))

/**
 * Whether a file is PKCS #12 (`.p12`, `.pfx`): a sequence that begins with the version 3 (RFC 7292, section 4). A key or
 * a certificate in DER begins in another way.
 */
export const isPkcs12 = (bytes: Uint8Array): boolean => {
  const first = contentAt(bytes, 0)
  return bytes[0] === sequenceTag && bytes[first] === integerTag && bytes[contentAt(bytes, first)] === 3
}

/** Describes a DER value. A key that is not encrypted begins with the version 0 or 1, a certificate with a sequence. */
const describeDer = (bytes: Uint8Array, path: string): string | undefined => {
  if (isPkcs12(bytes)) {
    return `is PKCS #12, and PEM is expected; convert it: openssl pkcs12 -in ${path} -nodes -out FILE`
  }
  const first = contentAt(bytes, 0)
  if (bytes[first] === integerTag) {
    return `is a key in DER, and PEM is expected; convert it: openssl pkey -inform der -in ${path} -out FILE`
  }
  if (bytes[first] !== sequenceTag) return undefined
  const second = bytes[contentAt(bytes, first)]
  if (second === oidTag) {
    return `is an encrypted key in DER, and PEM is expected; convert it: openssl pkey -inform der -in ${path} -out FILE`
  }
  return second === versionTag || second === integerTag
    ? `is a certificate in DER, and PEM is expected; convert it: openssl x509 -inform der -in ${path} -out FILE`
    : undefined
}

/**
 * Describes a file, and how to convert it to PEM, as a text after its path. Undefined if the file contains PEM or its
 * format is unknown.
 */
export const describeBinary = (bytes: Uint8Array, path: string): string | undefined => {
  if (bytes.length === 0) return "is empty"
  const start = text(bytes)
  if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes("-----BEGIN ")) return undefined
  if (bytes[0] === sequenceTag) return describeDer(bytes, path)
  if (start.startsWith("\xfe\xed\xfe\xed")) return "is a Java key store (JKS), and PEM is expected"
  if (start.startsWith("PuTTY-User-Key-File")) return "is a key of PuTTY, and PEM is expected"
  return undefined
}
