import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport, NodeTransport, Tls, type Transport } from "../../src/transport/index.ts"
import { makeIdentity } from "../support/certificates.ts"
import { expectWholeLives } from "../support/eventGrammar.ts"
import { utf8 } from "../support/texts.ts"
import { servingTls } from "../support/tls.ts"

const test = <E>(promise: string, program: () => Effect.Effect<void, E, Scope.Scope | Transport>) =>
  it.scopedLive(promise, () => Effect.provide(program(), NodeTransport.layer))

describe("a server that speaks TLS", () => {
  test("reports the negotiated parameters in ConnectionOpened, and relays like any other server", () =>
    Effect.gen(function* () {
      const { connectTls, events, server } = yield* servingTls(
        Handler.broker("close"),
        {},
        { alpn: ["tcpfx/1", "other"] },
      )
      const speaker = yield* connectTls({ alpn: ["other", "tcpfx/1"], serverName: "localhost" })
      const hearer = yield* connectTls({ alpn: ["other"] })
      yield* events.first("ConnectionOpened", 2)
      yield* speaker.send(utf8("secret"))
      expect(yield* Testing.receiveText(hearer)).toBe("secret")
      const [opened] = yield* events.first("ConnectionOpened", 1)
      expect(opened?.tls).toEqual({
        protocol: "TLSv1.3",
        cipher: "TLS_AES_256_GCM_SHA384",
        alpn: "tcpfx/1",
        serverName: "localhost",
      })
      expect((yield* server.connections).map(({ tls }) => tls?.protocol)).toEqual(["TLSv1.3", "TLSv1.3"])
      yield* Effect.all([speaker.close, hearer.close])
      yield* events.first("ConnectionClosed", 2)
      expectWholeLives(events.seen)
    }))

  test("reports the subject of a client's certificate that it requested and verified", () =>
    Effect.gen(function* () {
      const clients = yield* Effect.promise(() => makeIdentity({ name: "client CA" }))
      const client = yield* Effect.promise(() => makeIdentity({ name: "plc-1", by: clients }))
      const { connectTls, events } = yield* servingTls(Handler.echo(), {}, { clientCa: clients.cert })
      const peer = yield* connectTls({ identity: client })
      yield* peer.send(utf8("hello"))
      expect(yield* Testing.receiveText(peer)).toBe("hello")
      const opened = yield* events.one("ConnectionOpened")
      expect(opened.tls?.peer).toMatchObject({ subject: "CN=plc-1", issuer: "CN=client CA" })
      expect(opened.tls?.peer?.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
      yield* peer.close
    }))

  test("presents the certificate of the requested name, and the first certificate for any other name", () =>
    Effect.gen(function* () {
      const ca = yield* Effect.promise(() => makeIdentity({ name: "CA" }))
      const one = yield* Effect.promise(() => makeIdentity({ name: "one", names: ["one.test"], by: ca }))
      const any = yield* Effect.promise(() => makeIdentity({ name: "any", names: ["*.two.test"], by: ca }))
      const { connectTls } = yield* servingTls(Handler.echo(), {}, { identities: [one, any] })
      for (const serverName of ["one.test", "a.two.test"]) {
        const peer = yield* connectTls({ ca: ca.cert, serverName })
        yield* peer.close
      }
      const wrong = yield* Effect.flip(connectTls({ ca: ca.cert, serverName: "three.test" }))
      expect(wrong).toMatchObject({ reason: "TlsFailed", code: "ERR_TLS_CERT_ALTNAME_INVALID" })
    }))

  test("presents a new certificate to new connections, and open connections notice nothing", () =>
    Effect.gen(function* () {
      const { connectTls, server } = yield* servingTls(Handler.echo())
      const early = yield* connectTls()
      const next = yield* Effect.promise(() => makeIdentity({ name: "next" }))
      yield* server.reload({ tls: yield* Tls.acceptor({ identities: [next] }) })
      expect(yield* Effect.flip(connectTls())).toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" })
      const late = yield* connectTls({ ca: next.cert })
      for (const peer of [early, late]) {
        yield* peer.send(utf8("hello"))
        expect(yield* Testing.receiveText(peer)).toBe("hello")
        yield* peer.close
      }
    }))

  test("writes the secrets of its connections to the given key log", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const onKeyLog = (line: Uint8Array) => void lines.push(new TextDecoder().decode(line))
      const { connectTls } = yield* servingTls(Handler.echo(), {}, { onKeyLog })
      const peer = yield* connectTls()
      yield* peer.send(utf8("x"))
      yield* Testing.receiveText(peer)
      expect(lines.map((line) => line.split(" ")[0])).toContain("CLIENT_TRAFFIC_SECRET_0")
      yield* peer.close
    }))
})

describe("the material of TLS", () => {
  const failing = (promise: string, made: () => Promise<Tls.AcceptorOptions>, message: string) =>
    it.effect(promise, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Tls.acceptor(yield* Effect.promise(made)))
        expect(error.message).toContain(message)
        expect(error.message).toMatch(/^\P{Cc}+$/u)
      }),
    )

  failing(
    "a key of another certificate is reported before the first connection",
    async () => {
      const [one, two] = await Promise.all([makeIdentity(), makeIdentity()])
      return { identities: [{ cert: one.cert, key: two.key }] }
    },
    "the key cannot be used: it does not belong to the certificate",
  )
  failing(
    "a key in the place of a certificate is reported",
    async () => {
      const { key } = await makeIdentity()
      return { identities: [{ cert: Redacted.value(key), key }] }
    },
    "the certificate cannot be used: it contains no certificate, but a private key",
  )
  failing(
    "a file without PEM is reported",
    async () => ({ identities: [{ cert: "hello", key: Redacted.make("world") }] }),
    "the certificate cannot be used: it is not PEM",
  )
  failing(
    "a damaged CA certificate is reported",
    async () => ({
      identities: [await makeIdentity()],
      clientCa: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    }),
    "the CA certificate cannot be used: a certificate in it cannot be read",
  )
  it.scopedLive("over a transport without sockets each new connection is refused, with the reason", () =>
    Effect.gen(function* () {
      const acceptor = yield* Tls.acceptor({ identities: [yield* Effect.promise(() => makeIdentity())] })
      const { connectTo, endpoint, events } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: { tls: acceptor },
      })
      const peer = yield* connectTo(endpoint)
      expect((yield* events.one("ConnectionRefused")).rule).toEqual({
        _tag: "HandshakeFailed",
        code: "ERR_NOT_A_SOCKET",
      })
      yield* Effect.ignore(Testing.receiveText(peer))
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
