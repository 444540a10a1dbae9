import * as net from "node:net"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  encodeProxyHeader,
  ProxyHeaderDecoder,
  type ProxyVersion,
  type TcpEndpoint,
  tcpEndpoint,
} from "../../src/domain/index.ts"
import { haproxy, startHaproxy } from "../support/haproxy.ts"
import { haveAll, haveIpv6 } from "../support/peers.ts"
import { joinBytes } from "../support/properties.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)

/** Connects, sends and closes. Gives the local address. */
const send = (endpoint: TcpEndpoint, bytes: Uint8Array) =>
  Effect.async<TcpEndpoint>((resume) => {
    const socket = net.connect({ host: endpoint.host, port: endpoint.port }, () => {
      const own = tcpEndpoint(socket.localAddress ?? "", socket.localPort ?? 0)
      socket.end(bytes, () => resume(Effect.succeed(own)))
    })
    socket.on("error", (error) => resume(Effect.die(error)))
    socket.resume()
  })

const hosts = [
  ["IPv4", "127.0.0.1", () => true],
  ["IPv6", "::1", haveIpv6],
] as const

describe("HAProxy", () => {
  const sendings = [
    ["version 1", "send-proxy", 1],
    ["version 2", "send-proxy-v2", 2],
    ["version 2 with its checksum and a name", "send-proxy-v2 proxy-v2-options crc32c,unique-id", 2],
  ] as const
  for (const [family, host, available] of hosts) {
    for (const [what, options, version] of sendings) {
      it.scopedLive.skipIf(!haveAll(haproxy) || !available())(
        `sends a header of ${what} that names its client over ${family}`,
        () =>
          Effect.gen(function* () {
            const { endpoint, receiver } = yield* startHaproxy(host, "", options)
            const source = yield* send(endpoint, utf8("hello"))
            const bytes = yield* receiver.next
            expect(new ProxyHeaderDecoder().push(bytes)).toEqual({
              _tag: "Done",
              header: { version, command: "proxy", source, destination: endpoint },
              rest: utf8("hello"),
            })
          }),
      )
    }
  }

  it.scopedLive.skipIf(!haveAll(haproxy))("says of its health checks that they are its own", () =>
    Effect.gen(function* () {
      const { receiver } = yield* startHaproxy("127.0.0.1", "", "send-proxy-v2 check")
      const bytes = yield* receiver.next
      expect(new ProxyHeaderDecoder().push(bytes)).toMatchObject({
        _tag: "Done",
        header: { version: 2, command: "local", source: undefined },
      })
    }),
  )

  const ends = [
    ["IPv4", tcpEndpoint("192.0.2.7", 56324), tcpEndpoint("198.51.100.1", 65535)],
    ["IPv6", tcpEndpoint("2001:db8::7", 1), tcpEndpoint("fe80::1:0:0:1", 443)],
  ] as const
  for (const version of [1, 2] satisfies ReadonlyArray<ProxyVersion>) {
    for (const [family, source, destination] of ends) {
      it.scopedLive.skipIf(!haveAll(haproxy))(
        `takes our header of version ${version} for ${family} and passes it on`,
        () =>
          Effect.gen(function* () {
            const { endpoint, receiver } = yield* startHaproxy("127.0.0.1", "accept-proxy", "send-proxy-v2")
            yield* send(endpoint, joinBytes([encodeProxyHeader(version, source, destination), utf8("hello")]))
            const bytes = yield* receiver.next
            expect(new ProxyHeaderDecoder().push(bytes)).toEqual({
              _tag: "Done",
              header: { version: 2, command: "proxy", source, destination },
              rest: utf8("hello"),
            })
          }),
      )
    }

    it.scopedLive.skipIf(!haveAll(haproxy))(
      `accepts our header of version ${version} without an address as its own connection`,
      () =>
        Effect.gen(function* () {
          const { endpoint, receiver } = yield* startHaproxy("127.0.0.1", "accept-proxy", "send-proxy-v2")
          const nobody = encodeProxyHeader(version, undefined, undefined)
          const source = yield* send(endpoint, joinBytes([nobody, utf8("hello")]))
          const bytes = yield* receiver.next
          const progress = new ProxyHeaderDecoder().push(bytes)
          expect(progress).toMatchObject({ _tag: "Done", header: { source }, rest: utf8("hello") })
        }),
    )
  }
})
