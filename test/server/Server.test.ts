import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { ConnectionId, Framing } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { anyPort, overEachTransport } from "../support/eachTransport.ts"
import { expectWholeLives } from "../support/eventGrammar.ts"
import { string, utf8 } from "../support/texts.ts"

const id = (n: number) => ConnectionId.make(n)

describe("listening", () => {
  overEachTransport("a listener has the port that the kernel chose", () =>
    Effect.gen(function* () {
      const { endpoint, events } = yield* Testing.serve({ handler: Handler.discard() })
      expect(endpoint._tag === "Tcp" && endpoint.port > 0).toBe(true)
      expect(yield* events.one("Listening")).toMatchObject({ seq: 1, endpoint })
    }),
  )

  overEachTransport("a port in use is a typed error and leaves the server as it was", () =>
    Effect.gen(function* () {
      const { connect, endpoint, events, server } = yield* Testing.serve({ handler: Handler.echo() })
      const error = yield* Effect.flip(server.listen(endpoint))
      expect([error._tag, error.reason, error.code]).toEqual(["ListenError", "AddressInUse", "EADDRINUSE"])
      const peer = yield* connect()
      yield* peer.send(utf8("still here"))
      expect(yield* Testing.receiveText(peer)).toBe("still here")
      expect(events.tags().slice(0, 2)).toEqual(["Listening", "ConnectionOpened"])
    }),
  )

  overEachTransport("a listener that ends frees its port and leaves its connections alone", () =>
    Effect.gen(function* () {
      const { connectTo, events, server } = yield* Testing.serve({ handler: Handler.echo() })
      const listening = yield* Scope.make()
      const { endpoint } = yield* Scope.extend(server.listen(anyPort), listening)
      const peer = yield* connectTo(endpoint)
      yield* Scope.close(listening, Exit.void)
      expect(yield* events.one("ListenStopped")).toMatchObject({ endpoint })
      yield* server.listen(endpoint)
      yield* peer.send(utf8("still here"))
      expect(yield* Testing.receiveText(peer)).toBe("still here")
    }),
  )

  overEachTransport("connections of all listeners of a server are numbered 1, 2, 3 in the order of acceptance", () =>
    Effect.gen(function* () {
      const { connect, connectTo, events, server } = yield* Testing.serve({ handler: Handler.discard() })
      const second = yield* server.listen(anyPort)
      yield* connect()
      yield* connectTo(second.endpoint)
      yield* events.first("ConnectionOpened", 2)
      yield* connectTo(second.endpoint)
      const opened = yield* events.first("ConnectionOpened", 3)
      expect(opened.map((event) => event.id)).toEqual([1, 2, 3])
      expect((yield* server.connections).map((info) => info.id)).toEqual([1, 2, 3])
    }),
  )

  overEachTransport("two servers in one process do not affect each other", () =>
    Effect.gen(function* () {
      const one = yield* Testing.serve({ handler: Handler.broker() })
      const two = yield* Testing.serve({ handler: Handler.broker() })
      const a = yield* one.connect()
      const b = yield* two.connect()
      const b2 = yield* two.connect()
      yield* a.send(utf8("for nobody"))
      yield* one.events.one("FrameReceived")
      yield* b.send(utf8("for b2"))
      expect(yield* Testing.receiveText(b2)).toBe("for b2")
      expect([one, two].map(({ events }) => events.all("ConnectionOpened").map((event) => event.id))).toEqual([
        [1],
        [1, 2],
      ])
      expect(two.events.all("FrameReceived").length).toBe(1)
    }),
  )
})

describe("the life of a connection", () => {
  overEachTransport("has one event each for opened, half-closed and closed, with its totals", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({ handler: Handler.echo() })
      const peer = yield* connect()
      yield* peer.send(utf8("12345"))
      yield* peer.halfClose
      expect(string(yield* Testing.receiveAll(peer))).toBe("12345")
      const closed = yield* events.one("ConnectionClosed")
      expect(closed).toMatchObject({ id: 1, reason: { _tag: "PeerClosed" }, bytesIn: 5, bytesOut: 5 })
      expect(closed.lifetimeMillis).toBeGreaterThanOrEqual(0)
      expect(events.tags()).toEqual([
        "Listening",
        "ConnectionOpened",
        "FrameReceived",
        "ConnectionHalfClosed",
        "ConnectionClosed",
      ])
      expect(events.seen.map((event) => event.seq)).toEqual([1, 2, 3, 4, 5])
    }),
  )

  overEachTransport("ends once, whether the peer closes, resets, is kicked or breaks a limit", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({
        handler: Handler.broker("close"),
        settings: { maxFrame: 10, frame: Framing.line },
      })
      const [closes, resets, , , breaks] = yield* Effect.replicateEffect(connect(), 5)
      yield* closes?.close ?? Effect.void
      yield* resets?.reset ?? Effect.void
      yield* server.kick(id(3))
      yield* server.kick(id(4), "reset")
      yield* breaks?.send(utf8("longer than ten")) ?? Effect.void
      // A connection that is kicked with FIN ends when its peer closes. The test's scope closes that peer only after this.
      const reasons = () => events.all("ConnectionClosed").map(({ id, reason }) => [id, reason._tag])
      yield* events.until(() => (reasons().length === 4 ? true : undefined))
      expect(reasons().sort()).toEqual([
        [1, "PeerClosed"],
        [2, "PeerReset"],
        [4, "Kicked"],
        [5, "FrameTooLong"],
      ])
      expect((yield* server.connections).map(({ id, state }) => [id, state])).toEqual([[3, "closing"]])
    }),
  )
})

describe("commands", () => {
  overEachTransport("send reaches one connection, and FrameSent names it", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({ handler: Handler.discard() })
      yield* connect()
      const second = yield* connect()
      yield* server.send(id(2), utf8("you"))
      expect(yield* Testing.receiveText(second)).toBe("you")
      expect(yield* events.one("FrameSent")).toMatchObject({ to: [2], bytes: utf8("you") })
    }),
  )

  overEachTransport("broadcast reaches all connections with one FrameSent that lists them", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({ handler: Handler.discard("keep") })
      const peers = yield* Effect.replicateEffect(connect(), 3)
      yield* server.halfClose(id(2))
      expect(yield* server.broadcast(utf8("all"))).toEqual([1, 3])
      expect(yield* Effect.forEach(peers, Testing.receiveText)).toEqual(["all", undefined, "all"])
      expect((yield* events.first("FrameSent", 1)).map(({ to }) => to)).toEqual([[1, 3]])
      expect(events.all("FrameSent").length).toBe(1)
    }),
  )

  overEachTransport("halfClose sends FIN, and bytes of the peer are still received", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({ handler: Handler.discard() })
      const peer = yield* connect({ halfClosed: "keep" })
      yield* server.halfClose(id(1))
      expect(yield* Testing.receiveText(peer)).toBe(undefined)
      expect(yield* events.one("ConnectionHalfClosed")).toMatchObject({ id: 1, by: "local" })
      yield* peer.send(utf8("afterwards"))
      expect(string((yield* events.one("FrameReceived", (event) => event.id === 1)).bytes)).toBe("afterwards")
      yield* peer.close
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "LocalClosed" })
    }),
  )

  overEachTransport("kick ends a connection in order: bytes sent before arrive, then FIN", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({ handler: Handler.discard() })
      const peer = yield* connect()
      yield* server.send(id(1), utf8("bye"))
      yield* server.kick(id(1))
      expect(string(yield* Testing.receiveAll(peer))).toBe("bye")
      yield* peer.close
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ id: 1, reason: { _tag: "Kicked" }, bytesOut: 3 })
    }),
  )

  it.scopedLive("kick with reset shows the peer an RST", () =>
    Effect.gen(function* () {
      const { endpoint, events, server } = yield* Testing.serve({ handler: Handler.discard() })
      const peer = yield* Testing.dialPeer(endpoint)
      yield* events.one("ConnectionOpened")
      yield* server.kick(id(1), "reset")
      expect(yield* peer.closed).toEqual(Option.some("ECONNRESET"))
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "Kicked" })
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  overEachTransport("a command to a connection that is not there says so", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({ handler: Handler.discard() })
      const peer = yield* connect()
      yield* peer.close
      yield* events.one("ConnectionClosed")
      for (const missing of [id(1), id(7)]) {
        const errors = yield* Effect.all([
          Effect.flip(server.send(missing, utf8("x"))),
          Effect.flip(server.kick(missing)),
          Effect.flip(server.halfClose(missing)),
        ])
        expect(errors.map((error) => error._tag)).toEqual(new Array(3).fill("NoSuchConnectionError"))
      }
      expect(yield* server.connections).toEqual([])
      expectWholeLives(events.seen)
    }),
  )

  overEachTransport("connections has the address, the state and the queue of each", () =>
    Effect.gen(function* () {
      const { connect, endpoint, events, server } = yield* Testing.serve({ handler: Handler.broker() })
      const peer = yield* connect()
      yield* connect()
      yield* peer.halfClose
      yield* events.one("ConnectionHalfClosed")
      const [first, second] = yield* server.connections
      expect(first).toMatchObject({ id: 1, local: endpoint, remote: peer.local, pendingBytes: 0 })
      expect([first?.state, second?.state]).toEqual(["peer-half-closed", "open"])
    }),
  )
})
