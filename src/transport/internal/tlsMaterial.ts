import { createPrivateKey, X509Certificate } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { TlsError } from "../../domain/index.ts"
import type { Identity } from "../Tls.ts"
import { codeOf } from "./errorCode.ts"

const block = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/** The certificates of a PEM text. */
export const readCertificates = (
  part: "certificate" | "CA certificate",
  pem: string,
): Effect.Effect<readonly [X509Certificate, ...ReadonlyArray<X509Certificate>], TlsError> =>
  Effect.gen(function* () {
    const [first, ...others] = pem.match(block) ?? []
    if (first === undefined) {
      const problem = pem.includes("-----BEGIN")
        ? "it holds something else than certificates"
        : "it is not PEM (-----BEGIN CERTIFICATE-----)"
      return yield* new TlsError({ part, problem })
    }
    const read = (text: string) =>
      Effect.try({
        try: () => new X509Certificate(text),
        catch: () => new TlsError({ part, problem: "a certificate in it cannot be read" }),
      })
    return [yield* read(first), ...(yield* Effect.forEach(others, read))]
  })

const keyProblem = (code: string): string =>
  code === "ERR_MISSING_PASSPHRASE" || code.startsWith("ERR_OSSL_BAD_DECRYPT")
    ? "it is encrypted; give it without a passphrase (openssl pkey -in KEY -out PLAIN)"
    : "it is not a private key in PEM"

/** Checks that a key can be read and belongs to its certificate. Gives the certificate. */
export const readIdentity = ({ cert, key }: Identity): Effect.Effect<X509Certificate, TlsError> =>
  Effect.gen(function* () {
    const [certificate] = yield* readCertificates("certificate", cert)
    const privateKey = yield* Effect.try({
      try: () => createPrivateKey(Redacted.value(key)),
      catch: (error) => new TlsError({ part: "key", problem: keyProblem(codeOf(error)) }),
    })
    if (certificate.checkPrivateKey(privateKey)) return certificate
    return yield* new TlsError({ part: "key", problem: "it does not belong to the certificate" })
  })
