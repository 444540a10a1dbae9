import { createPrivateKey, X509Certificate } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { TlsError } from "../../domain/index.ts"
import type { Identity } from "../tlsTypes.ts"

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
    const [first, ...others] = pem.match(block) ?? []
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

/**
 * Describes why a text contains no usable key. Node's error does not tell the reason: for an encrypted key, its code
 * varies.
 */
const keyProblem = (pem: string): string => {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem))
    return "it is encrypted; give it without a passphrase (openssl pkey -in KEY -out PLAIN)"
  if (pem.includes("-----BEGIN OPENSSH PRIVATE KEY-----"))
    return "it is in the format of OpenSSH; convert a copy of it (ssh-keygen -p -m PEM -f COPY)"
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) return "it cannot be read; it is broken, or of an unknown kind"
  const label = firstLabel(pem)
  return label === undefined
    ? "it is not PEM (-----BEGIN PRIVATE KEY-----)"
    : `it is not a private key, but a ${label.toLowerCase()}`
}

/** Checks that a key is readable and belongs to its certificate. Succeeds with the certificate. */
export const readIdentity = ({ cert, key }: Identity): Effect.Effect<X509Certificate, TlsError> =>
  Effect.gen(function* () {
    const [certificate] = yield* readCertificates("certificate", cert)
    const privateKey = yield* Effect.try({
      try: () => createPrivateKey(Redacted.value(key)),
      catch: () => new TlsError({ part: "key", problem: keyProblem(Redacted.value(key)) }),
    })
    if (certificate.checkPrivateKey(privateKey)) return certificate
    return yield* new TlsError({ part: "key", problem: "it does not belong to the certificate" })
  })
