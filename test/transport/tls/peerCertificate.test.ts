import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Client } from "../../../src/client/index.ts"
import { Handler } from "../../../src/server/index.ts"
import { Testing } from "../../../src/testing/index.ts"
import { NodeTransport, Tls } from "../../../src/transport/index.ts"
import { type CertificateOptions, makeIdentity } from "../../support/certificates.ts"

const date = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC"

describe("a refused certificate of a server", () => {
  it.scopedLive.each<readonly [string, CertificateOptions, "own" | "signer" | "none", string, string]>([
    [
      "when it expired",
      { expired: true },
      "own",
      "localhost",
      `its certificate expired on ${date}; check this machine's clock`,
    ],
    [
      "when it becomes valid, and the time here",
      { early: true },
      "own",
      "localhost",
      `its certificate is valid only from ${date} on, and here it is ${date}; check`,
    ],
    [
      "its holder when it is self-signed",
      { name: "plc-1" },
      "none",
      "localhost",
      "its certificate is self-signed and not trusted \\(CN=plc-1\\); trust the CA",
    ],
    [
      "that it has no subject when it is self-signed without one",
      { name: "" },
      "none",
      "localhost",
      "its certificate is self-signed and not trusted \\(without a name\\); trust the CA",
    ],
    [
      "its names when they do not fit",
      { names: ["a.test", "10.0.0.7"] },
      "own",
      "b.test",
      "its certificate is for a\\.test, 10\\.0\\.0\\.7, not for b\\.test; request a server name",
    ],
  ])("says %s", ([, options, trusts, serverName, problem]) =>
    Effect.gen(function* () {
      const identity = yield* Effect.promise(() => makeIdentity(options))
      const acceptor = yield* Tls.acceptor({ identities: [identity] })
      const { endpoint } = yield* Testing.serve({ handler: Handler.echo(), settings: { tls: acceptor } })
      const tls = yield* Tls.connector({ serverName, ...(trusts === "own" ? { ca: identity.cert } : {}) })
      const client = yield* Client.make({ tls })
      const error = yield* Effect.flip(client.connect(endpoint))
      expect(error.message).toMatch(new RegExp(problem))
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("names its CA when the CA is not trusted", () =>
    Effect.gen(function* () {
      const ca = yield* Effect.promise(() => makeIdentity({ name: "Plant CA" }))
      const identity = yield* Effect.promise(() => makeIdentity({ name: "plc-1", by: ca }))
      const acceptor = yield* Tls.acceptor({ identities: [identity] })
      const { endpoint } = yield* Testing.serve({ handler: Handler.echo(), settings: { tls: acceptor } })
      const client = yield* Client.make({ tls: yield* Tls.connector({ serverName: "localhost" }) })
      const error = yield* Effect.flip(client.connect(endpoint))
      expect(error.message).toMatch(/its certificate comes from a CA that is not trusted \(CN=Plant CA\); trust the CA/)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
