import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Client } from "../../src/client/index.ts"
import { describeTlsFailure } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport, Tls, type Transport } from "../../src/transport/index.ts"
import { makeIdentity } from "../support/certificates.ts"
import { string, utf8 } from "../support/texts.ts"
import { servingTls } from "../support/tls.ts"
import { dialNodeTls, nodeTlsServer, type TlsPeer } from "../support/tlsPeers.ts"

const test = <E>(promise: string, program: () => Effect.Effect<void, E, Scope.Scope | Transport>) =>
  it.scopedLive(promise, () => Effect.provide(program(), NodeTransport.layer))

const identity = Effect.promise(() => makeIdentity())

/** Our client and a record of its events, connected to a server of node:tls. */
const connectingTo = (serve: (peer: TlsPeer) => void) =>
  Effect.gen(function* () {
    const own = yield* identity
    const { endpoint } = yield* nodeTlsServer(own, serve)
    const client = yield* Client.make({ tls: yield* Effect.orDie(Tls.connector({ ca: own.cert })) })
    return { client, connect: client.connect(endpoint), events: yield* Testing.probe(client.subscribeEvents()) }
  })

describe("the end of a TLS connection", () => {
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    for (const [how, closeNotify] of [
      ["close_notify", true],
      ["FIN alone", false],
    ] as const) {
      test(`by the server is recognised: ${how} (${version})`, () =>
        Effect.gen(function* () {
          const { connect, events } = yield* connectingTo(({ lower, secured }) => {
            secured.write("reply", () => (closeNotify ? secured.end() : lower.end()))
          })
          const connection = yield* connect
          expect(string(yield* Testing.receiveAll(connection))).toBe("reply")
          expect(yield* connection.closeNotify).toBe(closeNotify)
          yield* connection.close
          expect((yield* events.one("Disconnected")).closeNotify).toBe(closeNotify)
        }))

      test(`by the client is recognised: ${how} (${version})`, () =>
        Effect.gen(function* () {
          const { ca, endpoint, events } = yield* servingTls(Handler.echo())
          const { lower, secured } = yield* dialNodeTls(endpoint, { ca: ca.cert, maxVersion: version })
          secured.resume()
          secured.write("last words", () => (closeNotify ? secured.end() : lower.end()))
          const closed = yield* events.one("ConnectionClosed")
          expect([closed.bytesIn, closed.closeNotify]).toEqual([10, closeNotify])
        }))
    }
  }

  test("is orderly when the server closes right after the client has connected", () =>
    Effect.gen(function* () {
      const { connectTls } = yield* servingTls((connection) => connection.send(utf8("bye")))
      const connection = yield* connectTls()
      expect(string(yield* Testing.receiveAll(connection))).toBe("bye")
      expect(yield* connection.closeNotify).toBe(true)
    }))

  test("has no closeNotify when this side ends the connection first", () =>
    Effect.gen(function* () {
      const { connect } = yield* connectingTo(() => {})
      const connection = yield* connect
      expect(yield* connection.closeNotify).toBe(undefined)
      yield* connection.reset
      expect((yield* connection.closed).closeNotify).toBe(undefined)
    }))

  test("loses no data that a client sent before its close, even if the server sends session tickets", () =>
    Effect.gen(function* () {
      const ended: Array<number> = []
      const { connect, events } = yield* connectingTo(({ secured }) => {
        let received = 0
        secured.on("data", (bytes) => {
          received += bytes.length
        })
        secured.on("end", () => ended.push(received))
      })
      for (let run = 1; run <= 5; run++) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const connection = yield* connect
            yield* connection.send(new Uint8Array(200_000))
            yield* connection.close
          }),
        )
        yield* events.first("Disconnected", run)
      }
      expect(ended).toEqual([200_000, 200_000, 200_000, 200_000, 200_000])
    }))

  test("by a reset right after a reply is not orderly, or the reply has arrived", () =>
    Effect.gen(function* () {
      const { connect } = yield* connectingTo(({ lower, secured }) => {
        secured.once("data", () => secured.write("reply", () => lower.resetAndDestroy()))
      })
      for (let run = 0; run < 40; run++) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const connection = yield* connect
            yield* Effect.ignore(connection.send(utf8("request")))
            yield* connection.halfClose
            const outcome = yield* Effect.either(Testing.receiveAll(connection))
            const isWhole = Either.isRight(outcome) && string(outcome.right) === "reply"
            if (!isWhole) expect(Either.isLeft(outcome) || (yield* connection.closeNotify) === false).toBe(true)
          }),
        )
      }
    }))
})

describe("a server with TLS", () => {
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    test(`sends no session ticket, which a client that never reads would turn into a reset (${version})`, () =>
      Effect.gen(function* () {
        const { ca, endpoint, events } = yield* servingTls(Handler.echo())
        const { lower, secured } = yield* dialNodeTls(endpoint, { ca: ca.cert, maxVersion: version })
        let sessions = 0
        secured.on("session", () => sessions++)
        const before = lower.bytesRead
        const answered = Effect.async<void>((resume) => {
          secured.once("data", () => resume(Effect.void))
          secured.write("x")
        })
        yield* answered
        // One record with one byte: header, explicit nonce of TLS 1.2, type of TLS 1.3, tag.
        expect(lower.bytesRead - before).toBe(version === "TLSv1.3" ? 5 + 1 + 1 + 16 : 5 + 8 + 1 + 16)
        secured.end()
        yield* events.one("ConnectionClosed")
        expect(sessions).toBe(0)
      }))
  }

  test("closes a client that renegotiates, and reports the reason", () =>
    Effect.gen(function* () {
      const { ca, endpoint, events } = yield* servingTls(Handler.echo())
      const { secured } = yield* dialNodeTls(endpoint, { ca: ca.cert, maxVersion: "TLSv1.2" })
      const ended = Effect.async<void>((resume) => {
        secured.once("close", () => resume(Effect.void))
        secured.resume()
        secured.renegotiate({}, () => {})
      })
      yield* ended
      const { reason } = yield* events.one("ConnectionClosed")
      expect(reason).toEqual({ _tag: "TransportFailed", code: "ERR_TLS_RENEGOTIATION_DISABLED" })
    }))

  for (const [who, options, alert] of [
    [
      "without a certificate",
      () => Promise.resolve(undefined),
      [/alert 40, handshake_failure/, /116, certificate_required/],
    ],
    [
      "with a certificate of an unknown CA",
      () => makeIdentity({ name: "stranger" }),
      [/48, unknown_ca/, /48, unknown_ca/],
    ],
    [
      "with an expired certificate",
      (by: Tls.Identity) => makeIdentity({ by, expired: true }),
      [/45, certificate_expired/, /45, certificate_expired/],
    ],
  ] as const) {
    test(`sends a refused client a TLS alert with the reason: ${who}`, () =>
      Effect.gen(function* () {
        const clients = yield* Effect.promise(() => makeIdentity({ name: "client CA" }))
        const own = yield* Effect.promise(() => options(clients))
        const { ca, connectTls, endpoint, events } = yield* servingTls(Handler.echo(), {}, { clientCa: clients.cert })
        // With TLS 1.3 the client finishes its handshake before the server has the certificate (RFC 8446, 4.4.2.4).
        const connection = yield* connectTls(own === undefined ? {} : { identity: own })
        yield* Effect.ignore(connection.send(new Uint8Array(100_000)))
        const { reason } = yield* Effect.flip(Testing.receiveText(connection))
        expect(reason._tag === "TransportFailed" && describeTlsFailure(reason.code)).toMatch(alert[1])
        const material = own === undefined ? {} : { cert: own.cert, key: Redacted.value(own.key) }
        const code = yield* Effect.flip(dialNodeTls(endpoint, { ca: ca.cert, maxVersion: "TLSv1.2", ...material }))
        expect(describeTlsFailure(code)).toMatch(alert[0])
        yield* events.first("ConnectionRefused", 2)
        expect(events.all("ConnectionOpened")).toEqual([])
      }))
  }

  test("sends an alert that the client can read with every suite of TLS 1.3", () =>
    Effect.gen(function* () {
      const clients = yield* Effect.promise(() => makeIdentity({ name: "client CA" }))
      const { ca, endpoint } = yield* servingTls(Handler.echo(), {}, { clientCa: clients.cert })
      for (const ciphers of ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]) {
        const { secured } = yield* dialNodeTls(endpoint, { ca: ca.cert, ciphers })
        const code = yield* Effect.async<string>((resume) => {
          secured.once("error", (error) => resume(Effect.succeed("code" in error ? String(error.code) : "")))
          secured.once("close", () => resume(Effect.succeed("closed")))
          secured.resume()
        })
        expect([secured.getCipher()?.name ?? ciphers, describeTlsFailure(code)]).toEqual([
          ciphers,
          expect.stringMatching(/116, certificate_required/),
        ])
      }
    }))
})

describe("a reconnecting client", () => {
  for (const [what, settings, tag] of [
    ["a server that it does not trust", {}, "ConnectError"],
    ["a server that does not trust it", { clientCa: true }, "ConnectionClosedError"],
  ] as const) {
    test(`gives up at once when TLS cannot succeed: ${what}`, () =>
      Effect.gen(function* () {
        const clients = yield* identity
        const served = yield* servingTls(Handler.echo(), {}, "clientCa" in settings ? { clientCa: clients.cert } : {})
        const trusted = "clientCa" in settings ? { ca: served.ca.cert } : { ca: clients.cert }
        const client = yield* Client.make({ tls: yield* Effect.orDie(Tls.connector(trusted)) })
        const events = yield* Testing.probe(client.subscribeEvents())
        const error = yield* Effect.flip(client.run(served.endpoint, Testing.receiveText))
        expect(error._tag).toBe(tag)
        expect((yield* events.one("GaveUp")).attempts).toBe(0)
        expect(events.all("Reconnecting")).toEqual([])
      }))
  }
})
