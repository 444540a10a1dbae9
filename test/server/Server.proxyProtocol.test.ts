import * as net from "node:net"
import * as tls from "node:tls"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import {
  type Endpoint,
  encodeProxyHeader,
  parseAddressRanges,
  tcpEndpoint,
  unixEndpoint,
} from "../../src/domain/index.ts"
import { Handler, type ServerSettings } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport, Tls, type Transport } from "../../src/transport/index.ts"
import { makeIdentity } from "../support/certificates.ts"
import { expectWholeLives } from "../support/eventGrammar.ts"
import { utf8 } from "../support/texts.ts"

const test = <E>(promise: string, program: () => Effect.Effect<void, E, Scope.Scope | Transport>) =>
  it.scopedLive(promise, () => Effect.provide(program(), NodeTransport.layer))

const ranges = (text: string) => Either.getOrThrow(parseAddressRanges(text))
const client = tcpEndpoint("192.0.2.7", 56_324)
const front = tcpEndpoint("192.0.2.1", 443)
const behindProxy: Partial<ServerSettings> = { proxyProtocol: "require", proxyFrom: ranges("127.0.0.1") }

const header = (version: 1 | 2, source = client) => encodeProxyHeader(version, source, front)
const withPayload = (head: Uint8Array, text: string) => Buffer.concat([head, utf8(text)])

/** A client of node:tls that writes a header and its handshake at once, and returns the echo of what it sends. */
const echoedOverTls = (endpoint: Endpoint, head: Uint8Array, ca: string): Effect.Effect<string> =>
  Effect.async((resume) => {
    if (endpoint._tag === "Unix") return
    const below = net.connect({ host: endpoint.host, port: endpoint.port }, () => {
      below.cork()
      below.write(head)
      const socket = tls.connect({ socket: below, servername: "localhost", ca }, () => void socket.write("over TLS"))
      socket.once("data", (data) => {
        resume(Effect.succeed(data.toString()))
        socket.destroy()
      })
      setImmediate(() => below.uncork())
    })
  })

describe("a server behind a proxy", () => {
  for (const version of [1, 2] as const) {
    test(`knows the client by a header of version ${version}, and loses no bytes behind the header in the same packet`, () =>
      Effect.gen(function* () {
        const { endpoint, events, server } = yield* Testing.serve({ handler: Handler.echo(), settings: behindProxy })
        const peer = yield* Testing.dialPeer(endpoint)
        yield* peer.send(withPayload(header(version), "hello"))
        yield* peer.expect("hello")
        const opened = yield* events.one("ConnectionOpened")
        expect([opened.remote, opened.proxied?.destination]).toEqual([client, front])
        expect(opened.proxied?.by).toMatchObject({ host: "127.0.0.1" })
        // The handler does not get the header.
        expect((yield* server.connections).map(({ bytesIn, remote }) => [bytesIn, remote])).toEqual([[5, client]])
        yield* peer.send(" again")
        yield* peer.expect(" again")
        yield* peer.halfClose
        const closed = yield* events.one("ConnectionClosed")
        expect([closed.remote, closed.bytesIn]).toEqual([client, 11])
        expectWholeLives(events.seen)
      }))

    test(`reads a header of version ${version} that comes byte by byte`, () =>
      Effect.gen(function* () {
        const { endpoint, events } = yield* Testing.serve({ handler: Handler.echo(), settings: behindProxy })
        const peer = yield* Testing.dialPeer(endpoint)
        for (const byte of withPayload(header(version), "x")) {
          yield* peer.send(Uint8Array.of(byte))
          yield* peer.flushed
        }
        yield* peer.expect("x")
        expect((yield* events.one("ConnectionOpened")).remote).toEqual(client)
      }))
  }

  test("applies the access rules to the client, and not to the proxy", () =>
    Effect.gen(function* () {
      const { endpoint, events } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: {
          ...behindProxy,
          deny: ranges("192.0.2.7,127.0.0.0/8"),
          maxPerAddress: 1,
          maxConns: 2,
        },
      })
      const denied = yield* Testing.dialPeer(endpoint)
      yield* denied.send(withPayload(header(1), "let me in"))
      expect((yield* denied.takeRest).length).toBe(0)
      const refused = yield* events.one("ConnectionRefused")
      expect([refused.remote, refused.rule]).toEqual([client, { _tag: "Denied", range: "192.0.2.7" }])
      const other = header(1, tcpEndpoint("192.0.2.8", 1))
      const first = yield* Testing.dialPeer(endpoint)
      yield* first.send(withPayload(other, "1"))
      yield* first.take(1)
      const second = yield* Testing.dialPeer(endpoint)
      yield* second.send(withPayload(other, "2"))
      expect((yield* second.takeRest).length).toBe(0)
      expect(events.all("ConnectionRefused").at(-1)?.rule).toEqual({ _tag: "TooManyOfAddress", limit: 1 })
      // A refused connection occupies no slot.
      const third = yield* Testing.dialPeer(endpoint)
      yield* third.send(withPayload(header(2, tcpEndpoint("192.0.2.9", 1)), "3"))
      yield* third.expect("3")
    }))

  test("accepts a connection that the proxy opens for itself, under the proxy's own address", () =>
    Effect.gen(function* () {
      const { endpoint, events } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: { ...behindProxy, deny: ranges("127.0.0.1") },
      })
      const check = yield* Testing.dialPeer(endpoint)
      yield* check.send(withPayload(encodeProxyHeader(2, undefined, undefined), "ping"))
      yield* check.expect("ping")
      expect((yield* events.one("ConnectionOpened")).remote).toMatchObject({ host: "127.0.0.1" })
    }))

  const tellNobody = utf8("PROXY UNKNOWN\r\n")
  const withoutAddress: ReadonlyArray<readonly [string, Uint8Array]> = [
    ["a unix socket (version 2)", encodeProxyHeader(2, unixEndpoint("/run/a"), unixEndpoint("/run/b"))],
    ["UNKNOWN (version 1)", tellNobody],
    ["UNSPEC (version 2)", encodeProxyHeader(2, tcpEndpoint("a.name", 1), tcpEndpoint("another.name", 2))],
  ]
  for (const [what, head] of withoutAddress) {
    test(`refuses clients without an address if allow is set, and above maxPerAddress in all: ${what}`, () =>
      Effect.gen(function* () {
        const allowed = yield* Testing.serve({
          handler: Handler.echo(),
          settings: { ...behindProxy, allow: ranges("10.0.0.0/8,127.0.0.1") },
        })
        const refused = yield* Testing.dialPeer(allowed.endpoint)
        yield* refused.send(withPayload(head, "let me in"))
        expect((yield* refused.takeRest).length).toBe(0)
        expect((yield* allowed.events.one("ConnectionRefused")).rule).toEqual({ _tag: "NotAllowed" })
        const limited = yield* Testing.serve({
          handler: Handler.echo(),
          settings: { ...behindProxy, maxPerAddress: 1, deny: ranges("10.0.0.0/8") },
        })
        const first = yield* Testing.dialPeer(limited.endpoint)
        yield* first.send(withPayload(head, "1"))
        yield* first.expect("1")
        const second = yield* Testing.dialPeer(limited.endpoint)
        yield* second.send(withPayload(head, "2"))
        expect((yield* second.takeRest).length).toBe(0)
        expect((yield* limited.events.one("ConnectionRefused")).rule).toEqual({ _tag: "TooManyOfAddress", limit: 1 })
        yield* first.halfClose
        yield* limited.events.one("ConnectionClosed")
        const third = yield* Testing.dialPeer(limited.endpoint)
        yield* third.send(withPayload(head, "3"))
        yield* third.expect("3")
      }))
  }

  test("reports a mapped IPv4 address of a header as the IPv4 address", () =>
    Effect.gen(function* () {
      const { endpoint, events } = yield* Testing.serve({ handler: Handler.echo(), settings: behindProxy })
      const peer = yield* Testing.dialPeer(endpoint)
      yield* peer.send(withPayload(utf8("PROXY TCP6 ::ffff:192.0.2.7 2001:db8::1 56324 443\r\n"), "x"))
      yield* peer.expect("x")
      expect((yield* events.one("ConnectionOpened")).remote).toEqual(client)
    }))

  test("counts the connections that a proxy opens for itself under the proxy's own address", () =>
    Effect.gen(function* () {
      const settings = { ...behindProxy, maxPerAddress: 1, allow: ranges("10.0.0.0/8") }
      const { endpoint, events } = yield* Testing.serve({ handler: Handler.echo(), settings })
      const check = withPayload(encodeProxyHeader(2, undefined, undefined), "ping")
      const first = yield* Testing.dialPeer(endpoint)
      yield* first.send(check)
      yield* first.expect("ping")
      const second = yield* Testing.dialPeer(endpoint)
      yield* second.send(check)
      expect((yield* second.takeRest).length).toBe(0)
      expect((yield* events.one("ConnectionRefused")).rule).toEqual({ _tag: "TooManyOfAddress", limit: 1 })
    }))

  test("refuses a peer that is not one of its proxies, whatever the peer sends", () =>
    Effect.gen(function* () {
      const { endpoint, events } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: { ...behindProxy, proxyFrom: ranges("192.0.2.1") },
      })
      const peer = yield* Testing.dialPeer(endpoint)
      yield* peer.send(withPayload(header(1), "hello"))
      yield* Effect.ignore(peer.takeRest)
      expect((yield* events.one("ConnectionRefused")).rule).toEqual({ _tag: "ProxyNotTrusted" })
    }))

  const invalid: ReadonlyArray<readonly [string, Uint8Array]> = [
    ["a client that sends no header", utf8("GET / HTTP/1.1\r\n\r\n")],
    ["an oversized line", utf8(`PROXY TCP4 ${"1".repeat(200)}`)],
    ["an oversized block", Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10, 0x21, 0x11, 0xff, 0xff)],
  ]
  for (const [what, bytes] of invalid) {
    test(`closes a connection at once with the reason, and serves others: ${what}`, () =>
      Effect.gen(function* () {
        const { endpoint, events } = yield* Testing.serve({
          handler: Handler.echo(),
          settings: { ...behindProxy, maxConns: 1 },
        })
        const peer = yield* Testing.dialPeer(endpoint)
        yield* peer.send(bytes)
        yield* Effect.ignore(peer.takeRest)
        expect((yield* events.one("ConnectionRefused")).rule._tag).toBe("ProxyHeaderInvalid")
        expect(events.all("ConnectionOpened")).toEqual([])
        const good = yield* Testing.dialPeer(endpoint)
        yield* good.send(withPayload(header(1), "ok"))
        yield* good.expect("ok")
      }))
  }

  test("refuses a missing or incomplete header at the deadline, and a header cut off by FIN at once", () =>
    Effect.gen(function* () {
      const { endpoint, events } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: {
          ...behindProxy,
          handshakeTimeout: Duration.millis(200),
        },
      })
      const silent = yield* Testing.dialPeer(endpoint)
      const half = yield* Testing.dialPeer(endpoint)
      yield* half.send(header(2).subarray(0, 20))
      yield* Effect.all([silent.takeRest, half.takeRest])
      expect(events.all("ConnectionRefused").map(({ rule }) => rule._tag)).toEqual([
        "HandshakeTimeout",
        "HandshakeTimeout",
      ])
      const cut = yield* Testing.dialPeer(endpoint)
      yield* cut.send("PROXY TC")
      yield* cut.halfClose
      yield* cut.takeRest
      expect(events.all("ConnectionRefused").at(-1)?.rule).toEqual({
        _tag: "ProxyHeaderInvalid",
        problem: "the connection ended before the header was complete",
      })
    }))

  test("speaks TLS behind the header, also if the handshake begins in the same packet", () =>
    Effect.gen(function* () {
      const identity = yield* Effect.promise(() => makeIdentity())
      const acceptor = yield* Tls.acceptor({ identities: [identity] })
      const { endpoint, events } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: { ...behindProxy, tls: acceptor },
      })
      const lone = yield* Testing.dialPeer(endpoint)
      yield* lone.send(withPayload(header(1), "this is no handshake"))
      yield* Effect.ignore(lone.takeRest)
      const refused = yield* events.one("ConnectionRefused")
      expect([refused.rule._tag, refused.remote]).toEqual(["HandshakeFailed", client])
      const answer = yield* echoedOverTls(endpoint, header(1), identity.cert)
      expect(answer).toBe("over TLS")
      const opened = yield* events.one("ConnectionOpened")
      expect([opened.remote, opened.tls?.protocol]).toEqual([client, "TLSv1.3"])
    }))
})
