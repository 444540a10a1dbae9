import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import { Client, type ClientSettings } from "../../src/client/index.ts"
import { type Endpoint, parseAddressRanges, parseProxyServer, tcpEndpoint } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport, Tls, type Transport } from "../../src/transport/index.ts"
import { httpProxy, scriptedProxy } from "../support/proxies.ts"
import { utf8 } from "../support/texts.ts"
import { servingTls } from "../support/tls.ts"

const test = <E>(promise: string, program: () => Effect.Effect<void, E, Scope.Scope | Transport>) =>
  it.scopedLive(promise, () => Effect.provide(program(), NodeTransport.layer))

const portOf = (endpoint: Endpoint) => (endpoint._tag === "Tcp" ? endpoint.port : 0)
const proxyAt = (endpoint: Endpoint, user = "") =>
  Either.getOrThrow(parseProxyServer(`http://${user}127.0.0.1:${portOf(endpoint)}`))

describe("a client behind a proxy", () => {
  test("reaches a target by a name that only the proxy knows, and loses no bytes behind the proxy's answer", () =>
    Effect.gen(function* () {
      const { connectTo, endpoint } = yield* Testing.serve({
        handler: (connection) => Effect.zipRight(connection.send(utf8("welcome")), Effect.ignore(connection.receive)),
      })
      const proxy = proxyAt(yield* httpProxy())
      const client = yield* Client.make({ proxy })
      const events = yield* Testing.probe(client.subscribeEvents())
      const target = tcpEndpoint("plc.invalid", portOf(endpoint))
      const peer = yield* client.connect(target)
      expect(yield* Testing.receiveText(peer)).toBe("welcome")
      expect(peer.remote).toEqual(target)
      expect((yield* events.one("Connecting")).target).toEqual(target)
      yield* peer.close
      expect((yield* Effect.flip(connectTo(target)))._tag).toBe("ConnectError")
    }))

  test("speaks TLS with the target through the tunnel", () =>
    Effect.gen(function* () {
      const { ca, connectTo, endpoint } = yield* servingTls(Handler.echo())
      const tls = yield* Tls.connector({ ca: ca.cert })
      const proxy = proxyAt(yield* httpProxy())
      const peer = yield* connectTo(tcpEndpoint("localhost", portOf(endpoint)), { proxy, tls })
      yield* peer.send(utf8("secret"))
      expect(yield* Testing.receiveText(peer)).toBe("secret")
      yield* peer.close
    }))

  test("says that a proxy accepted the connection and did not answer", () =>
    Effect.gen(function* () {
      const proxy = proxyAt(yield* scriptedProxy(() => {}))
      const client = yield* Client.make({ proxy, connectTimeout: 50 })
      const { code, message } = yield* Effect.flip(client.connect(tcpEndpoint("plc.invalid", 502)))
      expect(code).toBe("ETIMEDOUT")
      expect(message).toMatch(/no answer in time: the proxy accepted the connection, but did not answer; /)
    }))

  test("distinguishes a refusing proxy from an unreachable proxy, and shows no password", () =>
    Effect.gen(function* () {
      const client = yield* Client.make()
      expect(client).toBeDefined()
      const failing = (settings: Partial<ClientSettings>) =>
        Effect.flatMap(Client.make(settings), (made) =>
          Effect.flip(Effect.scoped(made.connect(tcpEndpoint("plc.invalid", 502)))),
        )
      const refusing = yield* httpProxy((head) => `HTTP/1.1 ${head.includes("Authorization") ? 403 : 407} No\r\n\r\n`)
      const refused = yield* failing({ proxy: proxyAt(refusing, "me:secret@") })
      expect(refused.message).toMatch(
        /^cannot connect to plc\.invalid:502 by way of http:\/\/127\.0\.0\.1:\d+: the proxy refused: 403 No$/,
      )
      expect((yield* failing({ proxy: proxyAt(refusing) })).reason).toBe("ProxyAuthFailed")
      const away = yield* failing({ proxy: proxyAt(tcpEndpoint("127.0.0.1", 1)) })
      expect([away.reason, away.code]).toEqual(["ProxyUnreachable", "ECONNREFUSED"])
      expect(away.message).toMatch(/the proxy cannot be reached: connection refused/)
      const leaving = yield* scriptedProxy((socket) => void socket.end())
      expect((yield* failing({ proxy: proxyAt(leaving) })).message).toMatch(/closed the connection without an answer/)
    }))

  test("asks no proxy for an address with a zone, which only this machine knows", () =>
    Effect.gen(function* () {
      const client = yield* Client.make({ proxy: proxyAt(tcpEndpoint("127.0.0.1", 1)) })
      const error = yield* Effect.flip(client.connect(tcpEndpoint("fe80::1%eth0", 502)))
      expect([error.reason, error.message]).toEqual(["ProxyInvalid", expect.stringContaining("leave the zone out")])
    }))

  test("gives up at its deadline on a proxy that never answers, and the socket is gone", () =>
    Effect.gen(function* () {
      const { endpoint, events } = yield* Testing.serve({ handler: Handler.discard() })
      const client = yield* Client.make({ proxy: proxyAt(endpoint), connectTimeout: Duration.millis(200) })
      const error = yield* Effect.flip(client.connect(tcpEndpoint("plc.invalid", 502)))
      expect([error.reason, error.proxy]).toEqual(["Timeout", `http://127.0.0.1:${portOf(endpoint)}`])
      yield* events.one("ConnectionClosed")
    }))
})

describe("a client with a PROXY header or a source address", () => {
  for (const version of [1, 2] as const) {
    test(`sends a PROXY header of version ${version} before everything else`, () =>
      Effect.gen(function* () {
        const { connectTo, endpoint, events } = yield* Testing.serve({
          handler: Handler.echo(),
          settings: {
            proxyProtocol: "require",
            proxyFrom: Either.getOrThrow(parseAddressRanges("127.0.0.1")),
          },
        })
        const peer = yield* connectTo(endpoint, { sendProxy: version })
        yield* peer.send(utf8("hello"))
        expect(yield* Testing.receiveText(peer)).toBe("hello")
        const opened = yield* events.one("ConnectionOpened")
        expect([opened.remote, opened.proxied?.destination]).toEqual([peer.local, endpoint])
        yield* peer.close
      }))
  }

  test("connects from the given address and port", () =>
    Effect.gen(function* () {
      const { connectTo, endpoint, events } = yield* Testing.serve({ handler: Handler.echo() })
      const free = yield* Effect.scoped(
        Effect.map(Testing.serve({ handler: Handler.discard() }), (other) => portOf(other.endpoint)),
      )
      const peer = yield* connectTo(endpoint, { source: "127.0.0.2", sourcePort: free })
      expect((yield* events.one("ConnectionOpened")).remote).toEqual(tcpEndpoint("127.0.0.2", free))
      yield* peer.close
    }))

  test("reports a source address that it cannot use as such", () =>
    Effect.gen(function* () {
      const { connectTo, endpoint } = yield* Testing.serve({ handler: Handler.echo() })
      const nowhere = yield* Effect.flip(connectTo(endpoint, { source: "192.0.2.77" }))
      expect(nowhere.message).toMatch(/no interface of this machine has the source address/)
      const other = yield* Testing.serve({ handler: Handler.discard() })
      const taken = yield* Effect.flip(connectTo(endpoint, { source: "127.0.0.1", sourcePort: portOf(other.endpoint) }))
      expect(taken.message).toMatch(/the source port is in use/)
      const family = yield* Effect.flip(connectTo(endpoint, { source: "::1" }))
      expect(family).toMatchObject({ reason: "WrongFamily" })
    }))
})
