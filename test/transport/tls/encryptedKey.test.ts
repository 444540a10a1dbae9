import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Tls } from "../../../src/transport/index.ts"
import { makeIdentity } from "../../support/certificates.ts"

// One key of `openssl pkcs8 -topk8 -iter 1`, with the passphrase `secret`.

/** With AES-256 (`-v2 aes-256-cbc`). */
const withAes = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHrMFYGCSqGSIb3DQEFDTBJMCgGCSqGSIb3DQEFDDAbBAiEGZz5A1Sh7gIBATAM
BggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQcsyqjEmji88IMlo2c7wrWwSBkI9T
LSxzpYRJwDSiBJ3vOTYSGtH8UxasJYBrchre8AkFyaC9mP1rU/ITRI23Kp100G6F
LgDZJUrgSPRqLD1FbWh6Pc49TLyNVDft3dYplhy3qQmOEppfSNgkT/qFRmOYFbxl
GXj+yFaOyu4K42JaoVegjCjxUteSMm95KMoLRxvlSOCd/VlENzEa9Fr3jHTo5w==
-----END ENCRYPTED PRIVATE KEY-----
`

/** With DES (`-v1 PBE-MD5-DES`), which OpenSSL 3 does not know. */
const withDes = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGvMBoGCSqGSIb3DQEFAzANBAjxtJEULYUQEgIBAQSBkIQzKtoRi29tkJGSl79v
zNl90xZS4yTXKWBTn+KvV3mFx517OzJ1YxTIxeOR0naRPcBikdY1vGEsYcn6z4RO
lW1l6f9sRgFFKRrYXxjEgWxSFUiiHDq8Z06eBJMkiaQrDDMEH2pFBEGlwxqj9rq0
2s06/QqSIHzga25DbeCakFAEyfHsnk8ydnJzlqa6Vhj4oA==
-----END ENCRYPTED PRIVATE KEY-----
`

const problemOf = (key: string, passphrase: string) =>
  Effect.gen(function* () {
    const { cert } = yield* Effect.promise(() => makeIdentity())
    const identity = { cert, key: Redacted.make(key), passphrase: Redacted.make(passphrase) }
    return (yield* Effect.flip(Tls.readIdentity(identity))).problem
  })

describe("an encrypted key", () => {
  it.effect("is refused with every wrong passphrase as such, although some look right at first", () =>
    Effect.gen(function* () {
      const { cert } = yield* Effect.promise(() => makeIdentity())
      // About one passphrase in 256 decrypts to bytes that end like a right result.
      for (let each = 0; each < 1000; each++) {
        const passphrase = Redacted.make(`wrong ${each}`)
        const error = yield* Effect.flip(Tls.readIdentity({ cert, key: Redacted.make(withAes), passphrase }))
        expect([each, error.problem]).toEqual([each, "its passphrase is wrong"])
      }
      expect(yield* problemOf(withAes, "secret")).toBe("it does not belong to the certificate")
    }),
  )

  it.effect("is refused with the reason if OpenSSL does not know its algorithm, whatever the passphrase", () =>
    Effect.gen(function* () {
      for (const passphrase of ["secret", "wrong"]) {
        expect(yield* problemOf(withDes, passphrase)).toMatch(/an algorithm that OpenSSL does not support/)
      }
    }),
  )
})
