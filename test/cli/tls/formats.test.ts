import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { describeBinary } from "../../../src/cli/tls/formats.ts"
import { Tls } from "../../../src/transport/index.ts"
import { makeIdentity } from "../../support/certificates.ts"

const material = Effect.map(
  Effect.promise(() => makeIdentity()),
  ({ cert, key }) => {
    const privateKey = createPrivateKey(Redacted.value(key))
    return { cert, privateKey, keyPem: Redacted.value(key), certificate: new X509Certificate(cert) }
  },
)

const bytesOf = (pem: string | Buffer): string => (typeof pem === "string" ? pem : pem.toString("utf8"))

describe("a file in another format than PEM", () => {
  it.effect("is named by its kind, with the command that converts it", () =>
    Effect.gen(function* () {
      const { certificate, privateKey } = yield* material
      const locked = { cipher: "aes-256-cbc", passphrase: "secret" }
      // The first bytes of a file from `openssl pkcs12 -export`.
      const pkcs12 = Uint8Array.of(0x30, 0x82, 0x09, 0xd7, 0x02, 0x01, 0x03, 0x30, 0x82, 0x09, 0x9d)
      const cases: ReadonlyArray<readonly [Uint8Array, RegExp]> = [
        [pkcs12, /^is PKCS #12, .*: openssl pkcs12 -in F -nodes -out FILE$/],
        [certificate.raw, /^is a certificate in DER, .*: openssl x509 -inform der -in F -out FILE$/],
        [privateKey.export({ type: "pkcs8", format: "der" }), /^is a key in DER, .*: openssl pkey -inform der -in F/],
        [privateKey.export({ type: "sec1", format: "der" }), /^is a key in DER, /],
        [
          privateKey.export({ type: "pkcs8", format: "der", ...locked }),
          /^is an encrypted key in DER, and PEM is expected; /,
        ],
        [Buffer.from("feedfeed00000002", "hex"), /^is a Java key store \(JKS\), /],
        [Buffer.from("PuTTY-User-Key-File-3: ssh-rsa\n"), /^is a key of PuTTY, /],
        [Buffer.from(""), /^is empty$/],
      ]
      for (const [bytes, kind] of cases) expect(describeBinary(bytes, "F")).toMatch(kind)
      for (const bytes of [
        Buffer.from("hello"),
        Uint8Array.of(0x30),
        Uint8Array.of(0x30, 0x84),
        Uint8Array.of(0x30, 3, 1),
      ]) {
        expect(describeBinary(bytes, "F")).toBe(undefined)
      }
    }),
  )
})

describe("PEM that cannot be used", () => {
  it.effect("is refused with the problem and the remedy", () =>
    Effect.gen(function* () {
      const { cert, keyPem, privateKey } = yield* material
      const locked = { format: "pem", cipher: "aes-256-cbc", passphrase: "secret" } as const
      const pkcs8 = bytesOf(privateKey.export({ type: "pkcs8", ...locked }))
      const traditional = bytesOf(privateKey.export({ type: "sec1", ...locked }))
      const publicKey = bytesOf(createPublicKey(privateKey).export({ type: "spki", format: "pem" }))
      const keys: ReadonlyArray<readonly [string, RegExp]> = [
        [pkcs8, /it is encrypted, and its passphrase is missing/],
        [traditional, /it is encrypted, and its passphrase is missing/],
        [`${cert}${pkcs8}`, /it is encrypted, and its passphrase is missing/],
        [keyPem.replace(/\n.*\n/, "\n"), /it cannot be read; it is broken/],
        ["-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\n", /ssh-keygen -p -m PEM/],
        [publicKey, /it is not a private key, but a public key/],
        [cert, /it is not a private key, but a certificate/],
        ["hello", /it is not PEM \(-----BEGIN PRIVATE KEY-----\)/],
      ]
      // Node reports another code for the second attempt with an encrypted key, so the test tries twice.
      for (const [key, problem] of [...keys, ...keys]) {
        const error = yield* Effect.flip(Tls.acceptor({ identities: [{ cert, key: Redacted.make(key) }] }))
        expect([error.part, error.problem, error.index]).toEqual(["key", expect.stringMatching(problem), 0])
      }
      const certificates: ReadonlyArray<readonly [string, RegExp]> = [
        [keyPem, /it contains no certificate, but a private key/],
        [
          "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n",
          /it is a certificate signing request/,
        ],
        ["hello", /it is not PEM \(-----BEGIN CERTIFICATE-----\)/],
      ]
      for (const [ca, problem] of certificates) {
        const error = yield* Effect.flip(Tls.connector({ ca }))
        expect([error.part, error.problem]).toEqual(["CA certificate", expect.stringMatching(problem)])
      }
    }),
  )
})
