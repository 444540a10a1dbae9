import { createPrivateKey, X509Certificate } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { readPkcs12 } from "../../../../src/transport/tls/pkcs12/readPkcs12.ts"
import {
  emptyFile,
  legacyFile,
  modernFile,
  nokeyFile,
  plainFile,
  sha512File,
  uncheckedFile,
} from "../../../support/pkcs12Files.ts"

const read = (pfx: Uint8Array, passphrase?: string) =>
  readPkcs12({ pfx, ...(passphrase === undefined ? {} : { passphrase: Redacted.make(passphrase) }) })

/** Writes a value of DER again with indefinite lengths, and its strings in pieces, as the key store of macOS does. */
const indefinite = (der: Uint8Array): Buffer => {
  const values: Array<Buffer> = []
  for (let at = 0; at < der.length; ) {
    const tag = der[at] ?? 0
    const first = der[at + 1] ?? 0
    const count = first < 0x80 ? 0 : first & 0x7f
    const length = count === 0 ? first : der.subarray(at + 2, at + 2 + count).reduce((sum, byte) => sum * 256 + byte, 0)
    const body = der.subarray(at + 2 + count, at + 2 + count + length)
    at += 2 + count + length
    const end = Buffer.from([0, 0])
    if ((tag & 0x20) !== 0) values.push(Buffer.concat([Buffer.from([tag, 0x80]), indefinite(body), end]))
    else if (tag === 0x04 && body.length > 1 && body.length < 128) {
      const [one, other] = [body.subarray(0, 1), body.subarray(1)]
      const pieces = [Buffer.from([0x04, 1]), one, Buffer.from([0x04, other.length]), other]
      values.push(Buffer.concat([Buffer.from([0x24, 0x80]), ...pieces, end]))
    } else values.push(Buffer.from(der.subarray(at - 2 - count - length, at)))
  }
  return Buffer.concat(values)
}

describe("a PKCS #12 file", () => {
  it.effect("gives the certificate, its key and its CA, however old its algorithms", () =>
    Effect.gen(function* () {
      for (const [pfx, passphrase] of [
        [modernFile, "secret"],
        [legacyFile, "secret"],
        [sha512File, "pässwort"],
        [emptyFile, ""],
        [emptyFile, undefined],
        [plainFile, undefined],
        [plainFile, "whatever"],
        [uncheckedFile, "secret"],
      ] as const) {
        const { ca, identity } = yield* read(pfx, passphrase)
        const certificate = new X509Certificate(identity.cert)
        expect(certificate.subject).toBe("CN=fixture")
        expect(certificate.checkPrivateKey(createPrivateKey(Redacted.value(identity.key)))).toBe(true)
        expect(new X509Certificate(ca ?? "").subject).toBe("CN=fixture CA")
        // The root is no part of the chain that a server sends.
        expect(identity.cert.match(/BEGIN CERTIFICATE/g)).toHaveLength(1)
      }
    }),
  )

  it.effect("may have indefinite lengths and strings in pieces", () =>
    Effect.gen(function* () {
      const { identity } = yield* read(indefinite(legacyFile), "secret")
      expect(new X509Certificate(identity.cert).subject).toBe("CN=fixture")
    }),
  )

  it.effect("is refused with a wrong passphrase, and says when the passphrase is missing", () =>
    Effect.gen(function* () {
      for (const pfx of [modernFile, legacyFile, sha512File]) {
        const wrong = yield* Effect.flip(read(pfx, "Secret"))
        expect([wrong.part, wrong.problem, wrong.lacksPassphrase]).toEqual([
          "PKCS #12 file",
          "its passphrase is wrong",
          undefined,
        ])
        const missing = yield* Effect.flip(read(pfx))
        expect([missing.problem, missing.lacksPassphrase]).toEqual([
          "it is encrypted, and its passphrase is missing",
          true,
        ])
      }
      expect((yield* Effect.flip(read(emptyFile, "x"))).problem).toBe("its passphrase is wrong")
      expect((yield* Effect.flip(read(nokeyFile, "secret"))).problem).toBe("it contains no private key")
    }),
  )

  it.effect("without a checksum is refused with every wrong passphrase, although some look right at first", () =>
    Effect.gen(function* () {
      // One key in 256 decrypts to bytes that end like a right result.
      for (let each = 0; each < 1000; each++) {
        expect((yield* Effect.flip(read(uncheckedFile, `wrong ${each}`))).problem).toBe("its passphrase is wrong")
      }
    }),
  )

  it.effect("that is damaged or cut off is refused, and never throws", () =>
    Effect.gen(function* () {
      for (let length = 0; length < plainFile.length; length += 11) {
        const error = yield* Effect.flip(read(plainFile.subarray(0, length)))
        expect(error.problem).toMatch(/it is damaged/)
      }
      for (let at = 0; at < plainFile.length; at += 11) {
        const broken = Uint8Array.from(plainFile, (byte, index) => (index === at ? byte ^ 0xff : byte))
        const result = yield* Effect.exit(read(broken))
        expect(result._tag === "Success" || result.cause._tag === "Fail").toBe(true)
      }
      const nested = new Uint8Array(20_000).fill(0x30).map((byte, index) => (index % 2 === 0 ? byte : 0x80))
      expect((yield* Effect.flip(read(nested))).problem).toMatch(/it is damaged: its values are nested too deeply/)
    }),
  )
})
