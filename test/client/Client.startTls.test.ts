import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Client } from "../../src/client/index.ts"
import { startTlsProtocols } from "../../src/domain/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport, Tls } from "../../src/transport/index.ts"
import { makeIdentity } from "../support/certificates.ts"
import { echoOverTls, plainParts, startTlsServer } from "../support/startTlsPeers.ts"

const own = Effect.promise(() => makeIdentity())

describe("a client with STARTTLS", () => {
  it.scopedLive.each(startTlsProtocols)("of %s begins TLS after the dialogue, whose bytes are no data", (protocol) =>
    Effect.gen(function* () {
      const identity = yield* own
      const { endpoint } = yield* startTlsServer(plainParts[protocol], echoOverTls(identity))
      const tls = yield* Tls.connector({ ca: identity.cert, serverName: "localhost", startTls: protocol })
      const client = yield* Client.make({ tls })
      const connection = yield* client.connect(endpoint)
      expect(yield* Testing.receiveText(connection)).toBe("secured\n")
      yield* connection.sendText("well")
      expect(yield* Testing.receiveText(connection)).toBe("well")
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("says what the server answered, and what did not come in time", () =>
    Effect.gen(function* () {
      const identity = yield* own
      const refuses = yield* startTlsServer([{ says: "554 go away\r\n" }], () => {})
      const isSilent = yield* startTlsServer([{ hears: /never/ }], () => {})
      const problem = (endpoint: typeof refuses.endpoint, options: Tls.ConnectorOptions) =>
        Effect.gen(function* () {
          const tls = yield* Tls.connector({ ca: identity.cert, startTls: "smtp", ...options })
          const client = yield* Client.make({ tls })
          const error = yield* Effect.flip(client.connect(endpoint))
          return [error._tag === "ConnectError" && error.code, error.message]
        })
      expect(yield* problem(refuses.endpoint, {})).toEqual([
        "ERR_STARTTLS_REFUSED",
        expect.stringMatching(/TLS with the server failed: it refused the connection: 554 go away$/),
      ])
      expect(yield* problem(isSilent.endpoint, { startTlsTimeout: 20 })).toEqual([
        "ERR_STARTTLS_TIMEOUT",
        expect.stringMatching(/its greeting did not come within 0\.02 s \(SMTP\); perhaps it speaks TLS at once/),
      ])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("is refused bytes that the server sends later in place of the handshake", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* startTlsServer(plainParts.smtp, (socket) => {
        socket.once("data", () => socket.write("250 injected\r\n"))
        socket.resume()
      })
      const client = yield* Client.make({ tls: yield* Tls.connector({ startTls: "smtp" }) })
      const error = yield* Effect.flip(client.connect(endpoint))
      expect([error._tag === "ConnectError" && error.code, error.message]).toEqual([
        "ERR_STARTTLS_INJECTED",
        expect.stringMatching(/after its answer it sent other bytes than TLS, as an attacker on the network could$/),
      ])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("says that the handshake did not end, when the server only accepts the connection", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* startTlsServer([{ hears: /never/ }], () => {})
      const client = yield* Client.make({ tls: yield* Tls.connector({}), connectTimeout: 50 })
      const error = yield* Effect.flip(client.connect(endpoint))
      expect(error.message).toMatch(
        /no answer in time: the server accepted the connection, but did not finish the TLS handshake; perhaps it speaks no TLS$/,
      )
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
