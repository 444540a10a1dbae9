import { constants } from "node:crypto"
import * as tls from "node:tls"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Client } from "../../../src/client/index.ts"
import { describeCloseReason, type Endpoint } from "../../../src/domain/index.ts"
import { Testing } from "../../../src/testing/index.ts"
import { NodeTransport, Tls } from "../../../src/transport/index.ts"
import { makeIdentity } from "../../support/certificates.ts"
import { nodeTlsServer } from "../../support/tlsPeers.ts"

const connectTo = (endpoint: Endpoint, options: Tls.ConnectorOptions) =>
  Effect.gen(function* () {
    const client = yield* Client.make({ tls: yield* Tls.connector(options) })
    return yield* client.connect(endpoint)
  })

const { SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION, SSL_OP_NO_TICKET } = constants

describe("a client with TLS", () => {
  it.scopedLive.each<readonly [string, boolean]>([
    ["ends the connection when the server renegotiates with a certificate that is not trusted", true],
    ["accepts every certificate of a renegotiation without verification", false],
  ])("%s", ([, verify]) =>
    Effect.gen(function* () {
      const trusted = yield* Effect.promise(() => makeIdentity())
      const other = yield* Effect.promise(() => makeIdentity())
      const { endpoint } = yield* nodeTlsServer(
        trusted,
        ({ secured }) => {
          secured.once("data", () => {
            secured.setKeyCert(tls.createSecureContext({ cert: other.cert, key: Redacted.value(other.key) }))
            secured.renegotiate({}, () => void secured.write("for the other"))
          })
        },
        {
          maxVersion: "TLSv1.2",
          // A resumed session has no new certificate.
          secureOptions: SSL_OP_NO_TICKET | SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION,
        },
      )
      const connection = yield* connectTo(endpoint, { ca: trusted.cert, serverName: "localhost", verify })
      yield* connection.sendText("go")
      if (!verify) {
        expect(yield* Testing.receiveText(connection)).toBe("for the other")
        return
      }
      const { reason } = yield* Effect.flip(Testing.receiveText(connection))
      expect(describeCloseReason(reason)).toMatch(/its certificate is self-signed and not trusted/)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive.each([
    ["bücher.test", "xn--bcher-kva.test", "xn--bcher-kva.test"],
    ["plc-1.test.", "plc-1.test", "plc-1.test"],
    ["", "127.0.0.1", false],
  ] as const)("asks for the name %j in the form of certificates", ([serverName, inCertificate, asked]) =>
    Effect.gen(function* () {
      const identity = yield* Effect.promise(() => makeIdentity({ names: [inCertificate] }))
      const heard = yield* Deferred.make<string | false | null>()
      const { endpoint } = yield* nodeTlsServer(identity, ({ secured }) => {
        Effect.runSync(Deferred.succeed(heard, secured.servername))
      })
      yield* connectTo(endpoint, { ca: identity.cert, serverName })
      expect(yield* Deferred.await(heard)).toBe(asked)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("refuses a server without a certificate, and says so", () =>
    Effect.gen(function* () {
      const identity = yield* Effect.promise(() => makeIdentity())
      const ciphers = "aNULL:@SECLEVEL=0"
      const { endpoint } = yield* nodeTlsServer(identity, () => {}, { maxVersion: "TLSv1.2", ciphers })
      const error = yield* Effect.flip(connectTo(endpoint, { ca: identity.cert, serverName: "localhost", ciphers }))
      expect(error.message).toMatch(/it presented no certificate/)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
