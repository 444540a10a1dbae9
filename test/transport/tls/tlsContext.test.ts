import { constants } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { parametersOf } from "../../../src/transport/tls/tlsContext.ts"

const { SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION, SSL_OP_LEGACY_SERVER_CONNECT } = constants

describe("the versions and ciphers of TLS", () => {
  it.effect("are TLS 1.2 and 1.3 and Node's ciphers without options", () =>
    Effect.gen(function* () {
      expect(yield* parametersOf({})).toEqual({ minVersion: "TLSv1.2", maxVersion: "TLSv1.3" })
      expect(yield* parametersOf({ minVersion: "TLSv1.3" })).toEqual({ minVersion: "TLSv1.3", maxVersion: "TLSv1.3" })
    }),
  )

  it.effect("below TLS 1.2 need the security level 0, and nothing else does", () =>
    Effect.gen(function* () {
      for (const options of [
        { minVersion: "TLSv1" },
        { maxVersion: "TLSv1.1" },
        { minVersion: "TLSv1", ciphers: "HIGH" },
        { legacy: true },
        { legacy: true, ciphers: "TLS_AES_128_GCM_SHA256" },
      ] as const) {
        expect((yield* parametersOf(options)).ciphers).toMatch(/:@SECLEVEL=0$/)
      }
      expect((yield* parametersOf({ maxVersion: "TLSv1.1" })).minVersion).toBe("TLSv1")
      expect((yield* parametersOf({ ciphers: "HIGH" })).ciphers).toBe("HIGH")
      expect((yield* parametersOf({ minVersion: "TLSv1", ciphers: "HIGH:@SECLEVEL=1" })).ciphers).toBe(
        "HIGH:@SECLEVEL=1",
      )
    }),
  )

  it.effect("of old devices include servers without secure renegotiation", () =>
    Effect.gen(function* () {
      const { minVersion, secureOptions } = yield* parametersOf({ legacy: true })
      expect([minVersion, secureOptions]).toEqual([
        "TLSv1",
        SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION,
      ])
      expect((yield* parametersOf({ legacy: true, minVersion: "TLSv1.2" })).minVersion).toBe("TLSv1.2")
    }),
  )

  it.effect("are refused when they contradict each other, and when OpenSSL does not know a name", () =>
    Effect.gen(function* () {
      const suite = "TLS_AES_128_GCM_SHA256"
      for (const [options, problem] of [
        [{ minVersion: "TLSv1.3", maxVersion: "TLSv1.2" }, /the lowest version, TLSv1\.3, is above the highest/],
        [{ ciphers: " : " }, /it is empty/],
        [{ ciphers: "HIGH:AES128-SHAA" }, /OpenSSL has no cipher AES128-SHAA \(did you mean "AES128-SHA"\?\)/],
        [{ ciphers: "TLS_NOTHING" }, /OpenSSL has no cipher TLS_NOTHING/],
        [{ ciphers: suite, maxVersion: "TLSv1.2" }, /only ciphers of TLS 1\.3, and the highest version is TLSv1\.2/],
        [{ ciphers: "HIGH", minVersion: "TLSv1.3" }, /no cipher of TLS 1\.3, and the lowest version is TLSv1\.3/],
      ] as const) {
        expect((yield* Effect.flip(parametersOf(options))).problem).toMatch(problem)
      }
      const mixed = yield* parametersOf({ ciphers: `${suite}, ECDHE+AESGCM !RC4` })
      expect([mixed.ciphers, mixed.minVersion]).toEqual([`${suite}:ECDHE+AESGCM:!RC4`, "TLSv1.2"])
      expect((yield* parametersOf({ ciphers: suite })).minVersion).toBe("TLSv1.3")
      expect((yield* parametersOf({ ciphers: "HIGH" })).maxVersion).toBe("TLSv1.2")
    }),
  )
})
