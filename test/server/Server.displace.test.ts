import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { parseAddressRanges } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport, NodeTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { expectWholeLives } from "../support/eventGrammar.ts"
import { utf8 } from "../support/texts.ts"
import { servingTls } from "../support/tls.ts"

const tooManyOfAddress = { _tag: "TooManyOfAddress", limit: 1 }

describe("a server in which new connections displace old ones", () => {
  overEachTransport("resets the oldest connection of the address with its own reason, and serves the new one", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: { displace: true, maxConns: 1 },
      })
      const old = yield* connect()
      const next = yield* connect()
      const closed = yield* events.one("ConnectionClosed")
      expect([closed.id, closed.reason]).toEqual([1, { _tag: "Displaced" }])
      yield* Effect.flip(Effect.zipRight(Testing.receiveText(old), old.send(utf8("too late"))))
      yield* next.send(utf8("here"))
      expect(yield* Testing.receiveText(next)).toBe("here")
      expect((yield* server.connections).map(({ id }) => id)).toEqual([2])
      expect(yield* server.counts).toEqual({ opened: 2, refused: 0, closed: 1, unused: 1 })
      yield* next.close
      yield* events.first("ConnectionClosed", 2)
      expectWholeLives(events.seen)
    }),
  )

  overEachTransport("keeps as many connections of an address as maxPerAddress allows, also after a reload", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({
        handler: Handler.discard(),
        settings: { displace: true, maxPerAddress: 2 },
      })
      yield* Effect.replicateEffect(connect(), 3)
      yield* events.first("ConnectionClosed", 1)
      expect((yield* server.connections).map(({ id }) => id)).toEqual([2, 3])
      yield* server.reload({ maxPerAddress: 1 })
      yield* connect()
      yield* events.first("ConnectionClosed", 3)
      expect((yield* server.connections).map(({ id }) => id)).toEqual([4])
    }),
  )

  it.scopedLive("displaces none for a peer that the access rules refuse", () =>
    Effect.gen(function* () {
      const { connect, connectTo, endpoint, events, server } = yield* Testing.serve({
        handler: Handler.discard(),
        settings: { displace: true },
      })
      yield* connect()
      yield* server.reload({ deny: Either.getOrThrow(parseAddressRanges("127.0.0.0/8")) })
      yield* Effect.flatMap(connectTo(endpoint), (peer) => Effect.ignore(Testing.receiveText(peer)))
      yield* events.one("ConnectionRefused")
      expect((yield* server.connections).map(({ id }) => id)).toEqual([1])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scopedLive("displaces a connection only after the TLS handshake of the new one, and bounds the handshakes", () =>
    Effect.gen(function* () {
      const { connectTls, connectTo, endpoint, events, server } = yield* servingTls(Handler.echo(), { displace: true })
      yield* connectTls()
      yield* events.first("ConnectionOpened", 1)
      // A peer without TLS holds the only place for a handshake of this address.
      const silent = yield* connectTo(endpoint)
      yield* Effect.flatMap(connectTo(endpoint), (peer) => Effect.ignore(Testing.receiveText(peer)))
      expect((yield* events.one("ConnectionRefused")).rule).toEqual(tooManyOfAddress)
      expect((yield* server.connections).map(({ id }) => id)).toEqual([1])
      yield* silent.close
      yield* events.first("ConnectionRefused", 2)
      const next = yield* connectTls()
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "Displaced" })
      yield* next.send(utf8("secret"))
      expect(yield* Testing.receiveText(next)).toBe("secret")
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
