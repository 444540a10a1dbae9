import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Tls } from "../../../src/transport/index.ts"
import { makeIdentity } from "../../support/certificates.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

/** Sets variables of the process until the scope closes. */
const withVariables = (variables: Readonly<Record<string, string | undefined>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = Object.keys(variables).map((name) => [name, process.env[name]] as const)
      const set = ([name, value]: readonly [string, string | undefined]) => {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
      Object.entries(variables).forEach(set)
      return () => before.forEach(set)
    }),
    (restore) => Effect.sync(restore),
  )

describe("the CA certificates of the system", () => {
  it.scopedLive("are those of SSL_CERT_FILE and SSL_CERT_DIR, without what cannot be read", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const [one, other] = yield* Effect.promise(() => Promise.all([makeIdentity(), makeIdentity()]))
      const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
      writeFileSync(join(folder, "one.pem"), `${broken}${one.cert}`)
      mkdirSync(join(folder, "certs"))
      writeFileSync(join(folder, "certs", "other.pem"), other.cert)
      writeFileSync(join(folder, "certs", "other.0"), other.cert)
      yield* withVariables({ SSL_CERT_FILE: join(folder, "one.pem"), SSL_CERT_DIR: join(folder, "certs") })
      const found = yield* Tls.systemCa
      expect(
        found
          .split("\n")
          .map((line) => line.trim())
          .join(""),
      ).toBe(
        `${one.cert}\n${other.cert}`
          .split("\n")
          .map((line) => line.trim())
          .join(""),
      )
      yield* Tls.connector({ ca: "system" })
    }),
  )

  it.scopedLive("are missing with an error that names the places", () =>
    Effect.gen(function* () {
      yield* withVariables({ SSL_CERT_FILE: "/no/file", SSL_CERT_DIR: undefined })
      const error = yield* Effect.flip(Tls.connector({ ca: "system" }))
      expect(error.problem).toBe("no certificate in PEM can be read from SSL_CERT_FILE /no/file")
    }),
  )
})
