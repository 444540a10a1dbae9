import * as tls from "node:tls"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { Connection } from "../../src/connection/index.ts"
import { describeRefusal, type Endpoint } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport, Tls, type Transport } from "../../src/transport/index.ts"
import { makeIdentity } from "../support/certificates.ts"
import { utf8 } from "../support/texts.ts"
import { servingTls } from "../support/tls.ts"

const test = <E>(promise: string, program: () => Effect.Effect<void, E, Scope.Scope | Transport>) =>
  it.scopedLive(promise, () => Effect.provide(program(), NodeTransport.layer))

const expectEcho = (peer: Connection) =>
  Effect.gen(function* () {
    yield* peer.send(utf8("well"))
    expect(yield* Testing.receiveText(peer)).toBe("well")
    yield* peer.close
  })

/** The echo that a client of node:tls receives, and the sessions that it could resume. */
const echoed = (endpoint: Endpoint, options: tls.ConnectionOptions) =>
  Effect.async<{ readonly answer: string; readonly sessions: ReadonlyArray<Buffer> }>((resume) => {
    const sessions: Array<Buffer> = []
    let answer = ""
    const target = endpoint._tag === "Tcp" ? { host: endpoint.host, port: endpoint.port } : {}
    const socket = tls.connect({ ...target, servername: "localhost", ...options }, () => void socket.write("hello"))
    socket.on("session", (session) => sessions.push(session))
    socket.on("data", (data) => {
      answer += data.toString()
      socket.end()
    })
    socket.on("error", () => {})
    socket.on("close", () => resume(Effect.succeed({ answer, sessions })))
  })

describe("a listener with TLS", () => {
  test("gives a silent or unfinished handshake one slot until the deadline, and serves the others meanwhile", () =>
    Effect.gen(function* () {
      const { connectTls, endpoint, events } = yield* servingTls(Handler.echo(), {
        handshakeTimeout: Duration.millis(300),
        maxConns: 3,
      })
      const silent = yield* Testing.dialPeer(endpoint)
      const half = yield* Testing.dialPeer(endpoint)
      // Only the header of a record that announces a ClientHello of 512 bytes (RFC 8446, 5.1).
      yield* half.send(Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1))
      yield* Effect.flatMap(connectTls(), expectEcho)
      yield* Effect.all([silent.takeRest, half.takeRest])
      const refused = yield* events.first("ConnectionRefused", 2)
      expect(refused.map(({ rule }) => rule)).toEqual([
        { _tag: "HandshakeTimeout", timeoutMillis: 300 },
        { _tag: "HandshakeTimeout", timeoutMillis: 300 },
      ])
      // The slots for handshakes are free again.
      for (const peer of yield* Effect.replicateEffect(connectTls(), 3)) yield* expectEcho(peer)
    }))

  for (const [who, first, code] of [
    ["garbage", "\u0000\u0001\u0002 this is no handshake", "ERR_SSL_WRONG_VERSION_NUMBER"],
    ["plain HTTP", "GET / HTTP/1.1\r\n\r\n", "ERR_SSL_HTTP_REQUEST"],
    ["plain text", "hello, is anybody there?\n", "ERR_SSL_WRONG_VERSION_NUMBER"],
  ] as const) {
    test(`refuses bytes that are not TLS at once, with the reason: ${who}`, () =>
      Effect.gen(function* () {
        const { connectTls, endpoint, events } = yield* servingTls(Handler.echo())
        const peer = yield* Testing.dialPeer(endpoint)
        yield* peer.send(first)
        yield* peer.takeRest
        expect((yield* events.one("ConnectionRefused")).rule).toEqual({ _tag: "HandshakeFailed", code })
        yield* Effect.flatMap(connectTls(), expectEcho)
        expect(events.all("ConnectionOpened").length).toBe(1)
      }))
  }

  for (const how of ["end", "reset"] as const) {
    test(`tells a peer that sends no byte of TLS from others (${how})`, () =>
      Effect.gen(function* () {
        const { endpoint, events } = yield* servingTls(Handler.echo())
        const peer = yield* Testing.dialPeer(endpoint)
        yield* how === "end" ? peer.halfClose : peer.reset
        const { rule } = yield* events.one("ConnectionRefused")
        expect(rule).toEqual({ _tag: "HandshakeFailed", code: "ERR_TLS_NO_HELLO" })
        expect(describeRefusal(rule)).toBe("TLS: it closed the connection before it sent anything")
      }))

    test(`reports a peer that leaves in the middle of its handshake, and frees its slot (${how})`, () =>
      Effect.gen(function* () {
        const { connectTls, endpoint, events } = yield* servingTls(Handler.echo(), { maxConns: 1 })
        const peer = yield* Testing.dialPeer(endpoint)
        yield* peer.send(Uint8Array.of(0x16, 3, 1, 2, 0))
        yield* peer.flushed
        yield* how === "end" ? peer.halfClose : peer.reset
        expect((yield* events.one("ConnectionRefused")).rule).toEqual({ _tag: "HandshakeFailed", code: "ECONNRESET" })
        yield* Effect.flatMap(connectTls(), expectEcho)
      }))
  }

  const refusedClient = (
    promise: string,
    make: (clientCa: Tls.Identity) => Promise<Tls.ConnectorOptions>,
    code: string,
  ) =>
    test(promise, () =>
      Effect.gen(function* () {
        const clients = yield* Effect.promise(() => makeIdentity({ name: "client CA" }))
        const { connectTls, events } = yield* servingTls(Handler.echo(), {}, { clientCa: clients.cert })
        // The client finishes its handshake before the server checks its certificate (RFC 8446, 4.4.2.4).
        const connecting = connectTls(yield* Effect.promise(() => make(clients)))
        yield* Effect.ignore(Effect.flatMap(connecting, Testing.receiveText))
        expect((yield* events.one("ConnectionRefused")).rule).toEqual({ _tag: "HandshakeFailed", code })
        expect(events.all("ConnectionOpened")).toEqual([])
      }),
    )

  refusedClient("refuses a client without the required certificate", async () => ({}), "CERT_MISSING")
  refusedClient(
    "refuses a client with a certificate that its CA has not signed",
    async () => ({ identity: await makeIdentity({ name: "stranger" }) }),
    "DEPTH_ZERO_SELF_SIGNED_CERT",
  )
  refusedClient(
    "refuses a client with an expired certificate",
    async (by) => ({ identity: await makeIdentity({ name: "late", by, expired: true }) }),
    "CERT_HAS_EXPIRED",
  )

  test("requires the certificate again when a client resumes a session", () =>
    Effect.gen(function* () {
      const clients = yield* Effect.promise(() => makeIdentity({ name: "client CA" }))
      const known = yield* Effect.promise(() => makeIdentity({ name: "plc-1", by: clients }))
      const { ca, endpoint, events } = yield* servingTls(Handler.echo(), {}, { clientCa: clients.cert })
      const identity = { cert: known.cert, key: Redacted.value(known.key) }
      const first = yield* echoed(endpoint, { ...identity, ca: ca.cert })
      expect(first.answer).toBe("hello")
      const strange = yield* echoed(endpoint, { ca: ca.cert })
      expect(strange.answer).toBe("")
      for (const session of [...first.sessions, ...strange.sessions]) {
        expect((yield* echoed(endpoint, { ca: ca.cert, session })).answer).toBe("")
      }
      expect(events.all("ConnectionOpened").length).toBe(1)
    }))

  test("refuses clients in their handshake during a drain, and does not wait for them", () =>
    Effect.gen(function* () {
      const { endpoint, events, server } = yield* servingTls(Handler.echo(), { drain: Duration.minutes(1) })
      const silent = yield* Testing.dialPeer(endpoint)
      // The server accepts in order: when it refuses a later connection, it has accepted the earlier one.
      const garbage = yield* Testing.dialPeer(endpoint)
      yield* garbage.send("no TLS")
      yield* events.one("ConnectionRefused")
      expect(yield* server.drain).toEqual({ graceful: 0, forced: 0 })
      yield* silent.takeRest
      expect(events.all("ConnectionRefused").map(({ rule }) => rule._tag)).toEqual(["HandshakeFailed", "Draining"])
    }))
})

describe("a client with TLS", () => {
  const refusing = (
    promise: string,
    server: () => Promise<Tls.Identity>,
    trust: "trusted" | "untrusted",
    code: string,
  ) =>
    test(promise, () =>
      Effect.gen(function* () {
        const identity = yield* Effect.promise(server)
        const { connectTls } = yield* servingTls(Handler.echo(), {}, { identities: [identity] })
        const error = yield* Effect.flip(connectTls(trust === "trusted" ? { ca: identity.cert } : {}))
        expect(error).toMatchObject({ reason: "TlsFailed", code })
        // Without verification the client connects.
        yield* Effect.flatMap(connectTls({ verify: false }), expectEcho)
      }),
    )

  refusing("refuses an expired certificate", () => makeIdentity({ expired: true }), "trusted", "CERT_HAS_EXPIRED")
  refusing(
    "refuses a certificate for another name",
    () => makeIdentity({ names: ["elsewhere.test"] }),
    "trusted",
    "ERR_TLS_CERT_ALTNAME_INVALID",
  )
  refusing(
    "refuses a certificate that no trusted CA has signed",
    () => makeIdentity(),
    "untrusted",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
  )

  test("gives up at its deadline on a server that never answers its handshake", () =>
    Effect.gen(function* () {
      const { connectTo, endpoint, events } = yield* Testing.serve({ handler: Handler.discard() })
      const connector = yield* Tls.connector()
      const error = yield* Effect.flip(connectTo(endpoint, { tls: connector, connectTimeout: Duration.millis(200) }))
      expect(error).toMatchObject({ reason: "Timeout" })
      // The server has closed the socket, not only forgotten it.
      yield* events.one("ConnectionClosed")
    }))
})
