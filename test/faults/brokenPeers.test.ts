import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { ConnectionId, Framing } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { expectWholeLives } from "../support/eventGrammar.ts"
import { string, utf8 } from "../support/texts.ts"

const id = (n: number) => ConnectionId.make(n)
const lines = { frame: Framing.line }

describe("a peer that disconnects", () => {
  it.scopedLive("with RST in the middle of a line loses that line and nothing else", () =>
    Effect.gen(function* () {
      const { connectPeer, events } = yield* Testing.serve({ handler: Handler.broker(), settings: lines })
      const breaks = yield* connectPeer()
      const reader = yield* connectPeer()
      const other = yield* connectPeer()
      yield* breaks.send("whole\nhalf of a li")
      yield* reader.expect("whole\n")
      yield* breaks.reset
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ id: 1, reason: { _tag: "PeerReset" }, bytesIn: 18 })
      yield* other.send("next\n")
      yield* reader.expect("next\n")
      expect(events.all("FrameReceived").map(({ bytes }) => string(bytes))).toEqual(["whole", "next"])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("with RST right after a part of a line loses that part, although Node reports an orderly end", () =>
    Effect.gen(function* () {
      const { connectPeer, events } = yield* Testing.serve({ handler: Handler.broker(), settings: lines })
      const [breaks, reader, other] = [yield* connectPeer(), yield* connectPeer(), yield* connectPeer()]
      yield* breaks.send("whole\nhalf of a li")
      yield* breaks.reset
      yield* reader.expect("whole\n")
      expect(yield* events.one("ConnectionClosed")).toMatchObject({
        id: 1,
        reason: { _tag: "PeerReset" },
        bytesIn: 18,
      })
      yield* other.send("next\n")
      yield* reader.expect("next\n")
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("with FIN in the middle of a line leaves a whole line", () =>
    Effect.gen(function* () {
      const { connectPeer, events } = yield* Testing.serve({ handler: Handler.broker("close"), settings: lines })
      const leaves = yield* connectPeer()
      const reader = yield* connectPeer()
      yield* leaves.send("whole\nlast")
      yield* leaves.halfClose
      yield* reader.expect("whole\nlast\n")
      expect(yield* leaves.closed).toEqual(Option.none())
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ id: 1, reason: { _tag: "PeerClosed" } })
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive(
    "with RST as soon as it has connected gives one opened and one closed connection, and no exception",
    () =>
      Effect.gen(function* () {
        const { endpoint, events } = yield* Testing.serve({ handler: Handler.echo() })
        yield* Effect.forEach(Array.from({ length: 50 }), () =>
          Effect.scoped(
            Effect.flatMap(Testing.dialPeer(endpoint), (peer) => Effect.zipRight(peer.send("x"), peer.reset)),
          ),
        )
        const closed = yield* events.first("ConnectionClosed", 50)
        expect(closed.filter(({ reason }) => reason._tag !== "PeerReset")).toEqual([])
        expectWholeLives(events.seen)
      }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("while a handler waits for data ends the wait with the reason", () =>
    Effect.gen(function* () {
      const failure = yield* Deferred.make<string>()
      const { connectPeer, events } = yield* Testing.serve({
        handler: (connection) =>
          Effect.flatMap(Effect.flip(Effect.forever(connection.receive)), ({ reason }) =>
            Deferred.succeed(failure, reason._tag),
          ),
      })
      const peer = yield* connectPeer()
      yield* peer.send("x")
      yield* events.one("FrameReceived")
      yield* peer.reset
      expect(yield* Deferred.await(failure)).toBe("PeerReset")
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "PeerReset" })
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

describe("a half-close", () => {
  it.scopedLive("by the peer, then by the server, delivers the data of both directions", () =>
    Effect.gen(function* () {
      const { connectPeer, events, server } = yield* Testing.serve({ handler: Handler.broker() })
      const peer = yield* connectPeer()
      yield* peer.halfClose
      expect(yield* events.one("ConnectionHalfClosed")).toMatchObject({ by: "peer" })
      yield* server.send(id(1), utf8("still for you"))
      yield* peer.expect("still for you")
      yield* server.halfClose(id(1))
      expect(yield* peer.closed).toEqual(Option.none())
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ reason: { _tag: "PeerClosed" }, bytesOut: 13 })
      expect(events.all("ConnectionHalfClosed").map(({ by }) => by)).toEqual(["peer", "local"])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("by the server, then by the peer, delivers the data of both directions", () =>
    Effect.gen(function* () {
      const { connectPeer, events, server } = yield* Testing.serve({ handler: Handler.broker() })
      const peer = yield* connectPeer()
      yield* server.halfClose(id(1))
      expect((yield* peer.takeRest).length).toBe(0)
      yield* peer.send("still for you")
      yield* peer.halfClose
      expect(yield* peer.closed).toEqual(Option.none())
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ reason: { _tag: "LocalClosed" }, bytesIn: 13 })
      expect(events.all("ConnectionHalfClosed").map(({ by }) => by)).toEqual(["local", "peer"])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

describe("a closed connection", () => {
  it.scopedLive("fails a send at once, with the reason of its end", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({ handler: Handler.discard() })
      const peer = yield* connect()
      yield* server.kick(id(1), "reset")
      expect((yield* peer.closed).reason).toEqual({ _tag: "PeerReset" })
      const error = yield* Effect.flip(peer.send(utf8("x")))
      expect(error).toMatchObject({ _tag: "ConnectionClosedError", reason: { _tag: "PeerReset" } })
      yield* events.one("ConnectionClosed")
      expect((yield* Effect.flip(server.send(id(1), utf8("x"))))._tag).toBe("NoSuchConnectionError")
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("fails a send that waits for room in the outbox", () =>
    Effect.gen(function* () {
      const waiting = yield* Deferred.make<void>()
      const failure = yield* Deferred.make<string>()
      const { connectPeer } = yield* Testing.serve({
        handler: (connection) =>
          Effect.zipRight(
            Deferred.succeed(waiting, undefined),
            Effect.flatMap(Effect.flip(connection.send(new Uint8Array(64 * 1024 * 1024))), (error) =>
              Deferred.succeed(failure, error._tag === "ConnectionClosedError" ? error.reason._tag : error._tag),
            ),
          ),
      })
      const deaf = yield* connectPeer({ reads: false })
      yield* Deferred.await(waiting)
      yield* deaf.reset
      expect(yield* Deferred.await(failure)).toBe("PeerReset")
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

describe("a reset right after a FIN", () => {
  it.scopedLive("ends the connection on both sides", () =>
    Effect.gen(function* () {
      const { connect, connectPeer, events, server } = yield* Testing.serve({ handler: Handler.discard() })
      const raw = yield* connectPeer()
      yield* server.halfClose(id(1))
      yield* server.kick(id(1), "reset")
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ id: 1, reason: { _tag: "Kicked" } })
      yield* raw.takeRest
      const client = yield* connect()
      yield* client.halfClose
      yield* client.reset
      expect((yield* client.closed).reason).toEqual({ _tag: "LocalClosed" })
      yield* events.first("ConnectionClosed", 2)
      expectWholeLives(events.seen)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

describe("a peer that never closes its side", () => {
  it.scopedLive("is reset after closeDeadline, and the reason of the close stays", () =>
    Effect.gen(function* () {
      const { connectPeer, events, server } = yield* Testing.serve({
        handler: Handler.discard(),
        settings: { closeDeadline: Duration.millis(50) },
      })
      const stays = yield* connectPeer()
      yield* server.kick(id(1))
      expect((yield* stays.takeRest).length).toBe(0)
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "Kicked" })
      yield* stays.send("anybody there?")
      yield* stays.expectReset
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("does not delay the end of the server's scope", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { connectPeer, events } = yield* Scope.extend(Testing.serve({ handler: Handler.echo() }), scope)
      const stays = yield* connectPeer()
      const deaf = yield* connectPeer({ reads: false })
      yield* deaf.send(new Uint8Array(32 * 1024 * 1024))
      yield* events.one("FrameReceived")
      yield* Scope.close(scope, Exit.void)
      yield* stays.takeRest
      yield* deaf.startReading
      yield* deaf.takeRest
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
