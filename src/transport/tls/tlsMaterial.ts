import { createPrivateKey, X509Certificate } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { errorCode } from "../../domain/errorCode.ts"
import { TlsError } from "../../domain/index.ts"
import type { Identity, IdentityContent, Pkcs12 } from "../tlsTypes.ts"
import { passphraseFailure } from "./passphraseFailure.ts"
import { readPkcs12 } from "./pkcs12/readPkcs12.ts"

/** The certificates of a PEM text, each as PEM. */
export const certificatesIn = (pem: string): ReadonlyArray<string> => pem.match(block) ?? []

const block = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/**
 * The label of the first block of a PEM text, such as `PUBLIC KEY` (RFC 7468); `undefined` if the text has no block.
 */
const firstLabel = (pem: string): string | undefined => /-----BEGIN ([A-Z0-9# ]+)-----/.exec(pem)?.[1]

const certificateProblem = (pem: string): string => {
  const label = firstLabel(pem)
  if (label === undefined) return "it is not PEM (-----BEGIN CERTIFICATE-----)"
  if (label.endsWith("CERTIFICATE REQUEST"))
    return "it is a certificate signing request; give the certificate that the CA issued"
  return `it contains no certificate, but a ${label.toLowerCase()}`
}

/** The certificates of a PEM text. */
export const readCertificates = (
  part: "certificate" | "CA certificate",
  pem: string,
): Effect.Effect<readonly [X509Certificate, ...ReadonlyArray<X509Certificate>], TlsError> =>
  Effect.gen(function* () {
    const [first, ...others] = certificatesIn(pem)
    if (first === undefined) {
      return yield* new TlsError({ part, problem: certificateProblem(pem) })
    }
    const read = (text: string) =>
      Effect.try({
        try: () => new X509Certificate(text),
        catch: () => new TlsError({ part, problem: "a certificate in it cannot be read" }),
      })
    return [yield* read(first), ...(yield* Effect.forEach(others, read))]
  })

const isEncrypted = (pem: string): boolean => /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem)

const openFailure = (pem: string, passphrase: string): string | undefined => {
  try {
    createPrivateKey({ key: pem, format: "pem", passphrase })
    return undefined
  } catch (error) {
    return errorCode(error)
  }
}

/**
 * Whether OpenSSL knows the algorithm that encrypts a key. OpenSSL notices a wrong passphrase by the padding. So about
 * one wrong passphrase in 256 has the error of an unknown algorithm, but hardly four.
 */
const isKnownEncryption = (pem: string): boolean =>
  ["1", "2", "3", "4"].some((passphrase) => !openFailure(pem, passphrase)?.includes("UNSUPPORTED"))

/** Describes why an encrypted key is not usable. */
const encryptedKeyFailure = (code: string, pem: string, hasPassphrase: boolean) =>
  hasPassphrase && code.includes("UNSUPPORTED") && !isKnownEncryption(pem)
    ? {
        problem:
          "it is encrypted with an algorithm that OpenSSL does not support; encrypt it again (openssl pkey -aes256)",
      }
    : passphraseFailure(hasPassphrase)

/** Describes why a text contains no usable key. Node's error does not tell the reason. */
const keyProblem = (pem: string): string => {
  if (pem.includes("-----BEGIN OPENSSH PRIVATE KEY-----"))
    return "it is in the format of OpenSSH; convert a copy of it (ssh-keygen -p -m PEM -f COPY)"
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) return "it cannot be read; it is broken, or of an unknown kind"
  const label = firstLabel(pem)
  return label === undefined
    ? "it is not PEM (-----BEGIN PRIVATE KEY-----)"
    : `it is not a private key, but a ${label.toLowerCase()}`
}

interface Opened {
  readonly certificate: X509Certificate
}

/** Checks that a key is readable and belongs to its certificate. Succeeds with the certificate. */
const readIdentity = ({ cert, key, passphrase }: Identity): Effect.Effect<X509Certificate, TlsError> =>
  Effect.gen(function* () {
    const [certificate] = yield* readCertificates("certificate", cert)
    const pem = Redacted.value(key)
    const privateKey = yield* Effect.try({
      try: () =>
        createPrivateKey({
          key: pem,
          format: "pem",
          ...(passphrase === undefined ? {} : { passphrase: Redacted.value(passphrase) }),
        }),
      catch: (error) =>
        new TlsError({
          part: "key",
          ...(isEncrypted(pem)
            ? encryptedKeyFailure(errorCode(error), pem, passphrase !== undefined)
            : { problem: keyProblem(pem) }),
        }),
    })
    if (certificate.checkPrivateKey(privateKey)) return certificate
    return yield* new TlsError({ part: "key", problem: "it does not belong to the certificate" })
  })

/** Opens and checks an identity. The CA certificates are those of a PKCS #12 file. */
export const openIdentity = (identity: Identity | Pkcs12): Effect.Effect<IdentityContent & Opened, TlsError> =>
  Effect.gen(function* () {
    const content = "pfx" in identity ? yield* readPkcs12(identity) : { identity, ca: undefined }
    return { ...content, certificate: yield* readIdentity(content.identity) }
  })
