import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import type { Connection } from "../../src/connection/index.ts"
import { Framing, parseAddressRanges } from "../../src/domain/index.ts"
import { Handler, Server } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport, NodeTransport, unknownPeer } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { expectWholeLives } from "../support/eventGrammar.ts"
import { resetBeforeAccept } from "../support/sockets.ts"
import { utf8 } from "../support/texts.ts"
import { textOf } from "../support/wireProbe.ts"

/** Waits until the peer has closed or reset a connection, and closes it. */
const gone = (peer: Connection) => Effect.zipRight(Effect.ignore(Testing.receiveAll(peer)), peer.close)

const ranges = (text: string) => Either.getOrThrow(parseAddressRanges(text))

describe("the access rules of a server", () => {
  overEachTransport("a denied client is closed at once, gets no id, and the event names the rule", () =>
    Effect.gen(function* () {
      const { connectTo, endpoint, events, server } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: {
          deny: ranges("10.0.0.0/8,127.0.0.0/8"),
        },
      })
      yield* Effect.flatMap(connectTo(endpoint), gone)
      const event = yield* events.one("ConnectionRefused")
      expect(event.rule).toEqual({ _tag: "Denied", range: "127.0.0.0/8" })
      expect(yield* server.connections).toEqual([])
      expect(events.all("ConnectionOpened")).toEqual([])
    }),
  )

  overEachTransport("new rules apply to new connections, and not to open ones", () =>
    Effect.gen(function* () {
      const { connect, connectTo, endpoint, events, server } = yield* Testing.serve({ handler: Handler.echo() })
      const early = yield* connect()
      yield* server.reload({ allow: ranges("192.0.2.7"), deny: [] })
      yield* Effect.flatMap(connectTo(endpoint), gone)
      expect((yield* events.one("ConnectionRefused")).rule).toEqual({ _tag: "NotAllowed" })
      yield* early.send(utf8("still here"))
      expect(yield* Testing.receiveText(early)).toBe("still here")
      yield* server.reload({ allow: [], deny: [] })
      const later = yield* connect()
      yield* later.send(utf8("accepted"))
      expect(yield* Testing.receiveText(later)).toBe("accepted")
      yield* Effect.all([early.close, later.close])
    }),
  )
})

describe("a peer that has reset before it was accepted", () => {
  it.scopedLive("is served if no rule needs its address: its bytes arrive, and then the reset", () =>
    Effect.gen(function* () {
      const { endpoint, events } = yield* Testing.serve({ handler: Handler.broker() })
      yield* resetBeforeAccept(endpoint)
      const { reason } = yield* events.one("ConnectionClosed")
      expect(reason).toEqual({ _tag: "PeerReset" })
      expect(events.all("ConnectionOpened").map(({ remote }) => remote)).toEqual([unknownPeer])
      expect(events.all("FrameReceived").map(({ bytes }) => textOf(bytes))).toEqual(["x\n"])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  for (const [name, settings] of Object.entries({
    allow: { allow: ranges("0.0.0.0/0") },
    deny: { deny: ranges("10.0.0.0/8") },
    maxPerAddress: { maxPerAddress: 10 },
    proxyFrom: { proxyProtocol: "require" as const, proxyFrom: ranges("0.0.0.0/0") },
  })) {
    it.scopedLive(`is counted as a failed accept if ${name} is set, because its address is unknown`, () =>
      Effect.gen(function* () {
        const { endpoint, events, server } = yield* Testing.serve({ handler: Handler.broker(), settings })
        yield* resetBeforeAccept(endpoint)
        expect(yield* events.one("AcceptFailed")).toMatchObject({ endpoint, code: "ECONNABORTED" })
        expect([events.all("ConnectionOpened"), events.all("FrameReceived")]).toEqual([[], []])
        expect(yield* server.connections).toEqual([])
      }).pipe(Effect.provide(NodeTransport.layer)),
    )
  }
})

describe("the limit of connections", () => {
  overEachTransport("is never exceeded by 200 dials, each refusal is reported, and a freed slot is used again", () =>
    Effect.gen(function* () {
      const { connect, connectTo, endpoint, events, server } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: { maxConns: 3 },
      })
      const inside = yield* Effect.replicateEffect(connect(), 3)
      const closed = yield* Effect.replicateEffect(Effect.flatMap(connectTo(endpoint), gone), 200, {
        concurrency: 20,
      })
      expect(closed.length).toBe(200)
      yield* events.first("ConnectionRefused", 200)
      expect(new Set(events.all("ConnectionRefused").map(({ rule }) => rule._tag))).toEqual(
        new Set(["TooManyConnections"]),
      )
      expect((yield* server.connections).length).toBe(3)
      for (const peer of inside) {
        yield* peer.send(utf8("here"))
        expect(yield* Testing.receiveText(peer)).toBe("here")
      }
      yield* Effect.forEach(inside, (peer) => peer.close)
      yield* events.first("ConnectionClosed", 3)
      const next = yield* connect()
      yield* next.send(utf8("next"))
      expect(yield* Testing.receiveText(next)).toBe("next")
      yield* next.close
      yield* events.first("ConnectionClosed", 4)
      expectWholeLives(events.seen)
    }),
  )

  overEachTransport("tells a refused peer the reason, and only a peer that a limit refuses", () =>
    Effect.gen(function* () {
      const settings = { maxConns: 1, refusal: utf8("one client at a time"), frame: Framing.line }
      const { connect, connectTo, endpoint, events, server } = yield* Testing.serve({
        handler: Handler.echo(),
        settings,
      })
      const inside = yield* connect({ frame: Framing.line })
      const refused = yield* connectTo(endpoint, { frame: Framing.line })
      expect(yield* Testing.receiveText(refused)).toBe("one client at a time")
      yield* refused.closed
      expect((yield* events.one("ConnectionRefused")).rule).toEqual({ _tag: "TooManyConnections", limit: 1 })
      expect(events.all("FrameSent")).toEqual([])
      yield* inside.close
      yield* events.first("ConnectionClosed", 1)
      yield* server.suspend
      const late = yield* connectTo(endpoint, { frame: Framing.line })
      expect(yield* late.receive).toEqual(Option.none())
    }),
  )

  it.scoped("cannot tell a text that the framing cannot carry", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Server.make({ handler: Handler.echo(), settings: { frame: Framing.line, refusal: utf8("two\nlines") } }),
      )
      expect(error).toMatchObject({ field: "refusal", expected: "a payload that line frames can carry" })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  overEachTransport("can be one for each address", () =>
    Effect.gen(function* () {
      const { connect, connectTo, endpoint, events } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: { maxPerAddress: 2 },
      })
      const inside = yield* Effect.replicateEffect(connect(), 2)
      yield* Effect.flatMap(connectTo(endpoint), gone)
      expect((yield* events.one("ConnectionRefused")).rule).toEqual({ _tag: "TooManyOfAddress", limit: 2 })
      yield* Effect.forEach(inside, (peer) => peer.close)
    }),
  )
})

describe("the idle timeout", () => {
  it.scoped("ends a peer that sends nothing for so long, in order and with the reason, and no other", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: { idleTimeout: Duration.seconds(10) },
      })
      const [silent, talking] = [yield* connect(), yield* connect()]
      for (let second = 0; second < 30; second += 5) {
        yield* talking.send(utf8("tick"))
        expect(yield* Testing.receiveText(talking)).toBe("tick")
        yield* TestClock.adjust("5 seconds")
      }
      expect(Option.isNone(yield* silent.receive)).toBe(true)
      yield* silent.close
      const event = yield* events.one("ConnectionClosed")
      expect(event.reason).toEqual({ _tag: "IdleTimeout", timeoutMillis: 10_000 })
      expect(event.id).toBe(1)
      yield* talking.close
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("does not count what is sent to the peer", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({
        handler: Handler.broker(),
        settings: { idleTimeout: Duration.seconds(10) },
      })
      const peer = yield* connect()
      for (let second = 0; second < 12; second++) {
        yield* server.broadcast(utf8("news"))
        yield* TestClock.adjust("1 second")
      }
      expect((yield* Testing.receiveAll(peer)).length).toBeGreaterThan(0)
      yield* peer.close
      expect((yield* events.one("ConnectionClosed")).reason._tag).toBe("IdleTimeout")
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
