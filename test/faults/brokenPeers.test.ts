import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { ConnectionId, Framing } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { expectWholeLives } from "../support/eventGrammar.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { serving, string, utf8 } from "../support/serving.ts"

const id = (n: number) => ConnectionId.make(n)
const lines = { frame: Framing.line }

describe("a peer that disconnects", () => {
  it.scopedLive("with RST in the middle of a line loses that line and nothing else", () =>
    Effect.gen(function* () {
      const { connectRaw, events } = yield* serving(Handler.broker(), lines)
      const breaks = yield* connectRaw()
      const reader = yield* connectRaw()
      const other = yield* connectRaw()
      yield* breaks.write("whole\nhalf of a li")
      expect((yield* reader.take(6)).toString()).toBe("whole\n")
      yield* breaks.reset
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ id: 1, reason: { _tag: "PeerReset" }, bytesIn: 18 })
      yield* other.write("next\n")
      expect((yield* reader.take(5)).toString()).toBe("next\n")
      expect(events.all("FrameReceived").map(({ bytes }) => string(bytes))).toEqual(["whole", "next"])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("with RST right after a part of a line loses that part, although Node reports an orderly end", () =>
    Effect.gen(function* () {
      const { connectRaw, events } = yield* serving(Handler.broker(), lines)
      const [breaks, reader, other] = [yield* connectRaw(), yield* connectRaw(), yield* connectRaw()]
      yield* breaks.write("whole\nhalf of a li")
      yield* breaks.reset
      expect((yield* reader.take(6)).toString()).toBe("whole\n")
      expect(yield* events.one("ConnectionClosed")).toMatchObject({
        id: 1,
        reason: { _tag: "PeerReset" },
        bytesIn: 18,
      })
      yield* other.write("next\n")
      expect((yield* reader.take(5)).toString()).toBe("next\n")
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("with FIN in the middle of a line leaves a whole line", () =>
    Effect.gen(function* () {
      const { connectRaw, events } = yield* serving(Handler.broker("close"), lines)
      const leaves = yield* connectRaw()
      const reader = yield* connectRaw()
      yield* leaves.write("whole\nlast")
      yield* leaves.end
      expect((yield* reader.take(11)).toString()).toBe("whole\nlast\n")
      expect(yield* leaves.closed).toBe(undefined)
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ id: 1, reason: { _tag: "PeerClosed" } })
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive(
    "with RST as soon as it has connected gives one opened and one closed connection, and no exception",
    () =>
      Effect.gen(function* () {
        const { endpoint, events } = yield* serving(Handler.echo())
        yield* Effect.forEach(Array.from({ length: 50 }), () =>
          Effect.scoped(Effect.flatMap(dialRaw(endpoint), (peer) => Effect.zipRight(peer.write("x"), peer.reset))),
        )
        const closed = yield* events.first("ConnectionClosed", 50)
        expect(closed.filter(({ reason }) => reason._tag !== "PeerReset")).toEqual([])
        expectWholeLives(events.seen)
      }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("while a handler waits for data ends the wait with the reason", () =>
    Effect.gen(function* () {
      const failure = yield* Deferred.make<string>()
      const { connectRaw, events } = yield* serving((connection) =>
        Effect.flatMap(Effect.flip(Effect.forever(connection.receive)), ({ reason }) =>
          Deferred.succeed(failure, reason._tag),
        ),
      )
      const peer = yield* connectRaw()
      yield* peer.write("x")
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
      const { connectRaw, events, server } = yield* serving(Handler.broker())
      const peer = yield* connectRaw()
      yield* peer.end
      expect(yield* events.one("ConnectionHalfClosed")).toMatchObject({ by: "peer" })
      yield* server.send(id(1), utf8("still for you"))
      expect((yield* peer.take(13)).toString()).toBe("still for you")
      yield* server.halfClose(id(1))
      expect(yield* peer.closed).toBe(undefined)
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ reason: { _tag: "PeerClosed" }, bytesOut: 13 })
      expect(events.all("ConnectionHalfClosed").map(({ by }) => by)).toEqual(["peer", "local"])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("by the server, then by the peer, delivers the data of both directions", () =>
    Effect.gen(function* () {
      const { connectRaw, events, server } = yield* serving(Handler.broker())
      const peer = yield* connectRaw()
      yield* server.halfClose(id(1))
      expect((yield* peer.takeRest).length).toBe(0)
      yield* peer.write("still for you")
      yield* peer.end
      expect(yield* peer.closed).toBe(undefined)
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ reason: { _tag: "LocalClosed" }, bytesIn: 13 })
      expect(events.all("ConnectionHalfClosed").map(({ by }) => by)).toEqual(["local", "peer"])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

describe("a closed connection", () => {
  it.scopedLive("fails a send at once, with the reason of its end", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* serving(Handler.discard())
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
      const { connectRaw } = yield* serving((connection) =>
        Effect.zipRight(
          Deferred.succeed(waiting, undefined),
          Effect.flatMap(Effect.flip(connection.send(new Uint8Array(64 * 1024 * 1024))), (error) =>
            Deferred.succeed(failure, error._tag === "ConnectionClosedError" ? error.reason._tag : error._tag),
          ),
        ),
      )
      const deaf = yield* connectRaw({ reads: false })
      yield* Deferred.await(waiting)
      yield* deaf.reset
      expect(yield* Deferred.await(failure)).toBe("PeerReset")
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

describe("a reset right after a FIN", () => {
  it.scopedLive("ends the connection on both sides", () =>
    Effect.gen(function* () {
      const { connect, connectRaw, events, server } = yield* serving(Handler.discard())
      const raw = yield* connectRaw()
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
      const { connectRaw, events, server } = yield* serving(Handler.discard(), { closeDeadline: Duration.millis(50) })
      const stays = yield* connectRaw()
      yield* server.kick(id(1))
      expect((yield* stays.takeRest).length).toBe(0)
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "Kicked" })
      yield* stays.write("anybody there?")
      expect(["EPIPE", "ECONNRESET"]).toContain(yield* stays.closed)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("does not delay the end of the server's scope", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { connectRaw, events } = yield* Scope.extend(serving(Handler.echo()), scope)
      const stays = yield* connectRaw()
      const deaf = yield* connectRaw({ reads: false })
      yield* deaf.write(new Uint8Array(32 * 1024 * 1024))
      yield* events.one("FrameReceived")
      yield* Scope.close(scope, Exit.void)
      yield* stays.takeRest
      yield* deaf.resume
      yield* deaf.takeRest
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
