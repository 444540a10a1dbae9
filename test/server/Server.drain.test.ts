import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Client } from "../../src/client/index.ts"
import { Framing } from "../../src/domain/index.ts"
import { Handler, Server, ServerConfig } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport, NodeTransport } from "../../src/transport/index.ts"
import { anyPort, overEachTransport } from "../support/eachTransport.ts"
import { expectWholeLives } from "../support/eventGrammar.ts"
import { utf8 } from "../support/texts.ts"

const megabyte = new Uint8Array(1024 * 1024)

describe("drain", () => {
  overEachTransport("flushes everything, ends every connection in order and returns the result", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({
        handler: Handler.broker(),
        settings: { paceLimit: Duration.millis(50) },
      })
      const peers = yield* Effect.replicateEffect(connect(), 3)
      yield* server.broadcast(megabyte)
      const draining = yield* Effect.fork(server.drain)
      const got = yield* Effect.forEach(peers, (peer) => Effect.zipLeft(Testing.receiveAll(peer), peer.close), {
        concurrency: "unbounded",
      })
      expect(got.map((bytes) => bytes.length)).toEqual(new Array(3).fill(megabyte.length))
      expect(yield* Fiber.join(draining)).toEqual({ graceful: 3, forced: 0 })
      yield* events.one("DrainFinished")
      expect(events.tags()).toEqual([
        "Listening",
        "ConnectionOpened",
        "ConnectionOpened",
        "ConnectionOpened",
        "FrameSent",
        "ListenStopped",
        "DrainStarted",
        "ConnectionClosed",
        "ConnectionClosed",
        "ConnectionClosed",
        "DrainFinished",
      ])
      expect(events.all("ConnectionClosed").map(({ reason }) => reason._tag)).toEqual(new Array(3).fill("Drained"))
      expect(events.all("DrainStarted")[0]).toMatchObject({ connections: 3, deadlineMillis: 5000 })
      expectWholeLives(events.seen)
    }),
  )

  overEachTransport("gives the same result twice, and happens once", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({ handler: Handler.broker() })
      const peer = yield* connect()
      const [first, second] = yield* Effect.all([server.drain, server.drain, peer.close], { concurrency: 3 })
      expect([first, second, yield* server.drain]).toEqual(new Array(3).fill({ graceful: 1, forced: 0 }))
      yield* events.one("DrainFinished")
      expect([events.all("DrainStarted").length, events.all("DrainFinished").length]).toEqual([1, 1])
    }),
  )

  overEachTransport("continues when its first caller does not wait for the end", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({ handler: Handler.broker() })
      const peer = yield* connect()
      const impatient = yield* Effect.fork(server.drain)
      yield* events.one("DrainStarted")
      yield* Fiber.interrupt(impatient)
      const patient = yield* Effect.fork(server.drain)
      yield* peer.close
      expect(yield* Fiber.join(patient)).toEqual({ graceful: 1, forced: 0 })
    }),
  )

  overEachTransport("lets a handler process the bytes that had arrived", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { connect, events, server } = yield* Testing.serve({
        handler: (connection) =>
          Effect.zipRight(Deferred.await(gate), Stream.runForEach(connection.frames, connection.send)),
        settings: { frame: Framing.line },
      })
      const peer = yield* connect()
      yield* peer.send(utf8("one"))
      yield* peer.send(utf8("two"))
      yield* events.first("FrameReceived", 2)
      const draining = yield* Effect.fork(server.drain)
      yield* events.one("DrainStarted")
      yield* Deferred.succeed(gate, undefined)
      expect([
        yield* Testing.receiveText(peer),
        yield* Testing.receiveText(peer),
        yield* Testing.receiveText(peer),
      ]).toEqual(["one", "two", undefined])
      yield* peer.close
      expect(yield* Fiber.join(draining)).toEqual({ graceful: 1, forced: 0 })
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "Drained" })
    }),
  )

  overEachTransport("does not wait for a subscriber to the events that blocks", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({ handler: Handler.broker() })
      const peers = yield* Effect.replicateEffect(connect(), 3)
      // The subscriber never takes an event. The event of the first closed connection fills its buffer.
      yield* server.subscribeEvents({ overflow: "block", bufferBytes: 600 })
      const draining = yield* Effect.fork(server.drain)
      yield* events.one("DrainStarted")
      for (const peer of peers) yield* peer.close
      expect(yield* Fiber.join(draining)).toEqual({ graceful: 3, forced: 0 })
    }),
  )

  overEachTransport("refuses new connections meanwhile, and gives them no id", () =>
    Effect.gen(function* () {
      const { connect, connectTo, events, server } = yield* Testing.serve({ handler: Handler.broker() })
      const stays = yield* connect()
      const draining = yield* Effect.fork(server.drain)
      yield* events.one("DrainStarted")
      const late = yield* server.listen(anyPort)
      const peer = yield* connectTo(late.endpoint)
      expect(yield* events.one("ConnectionRefused")).toMatchObject({ rule: { _tag: "Draining" } })
      yield* peer.close
      yield* stays.close
      yield* Fiber.join(draining)
      expect(events.all("ConnectionOpened").length).toBe(1)
      expect(yield* server.connections).toEqual([])
    }),
  )

  overEachTransport("is over when the server listens again: new connections are served as before", () =>
    Effect.gen(function* () {
      const { connectTo, events, server } = yield* Testing.serve({ handler: Handler.echo() })
      expect(yield* server.drain).toEqual({ graceful: 0, forced: 0 })
      const again = yield* server.listen(anyPort)
      const peer = yield* connectTo(again.endpoint)
      expect(yield* events.one("ConnectionOpened")).toMatchObject({ id: 1 })
      yield* peer.close
      expect(events.all("ConnectionRefused")).toEqual([])
    }),
  )

  overEachTransport("serves connections to a listener that was opened meanwhile, as soon as it is over", () =>
    Effect.gen(function* () {
      const { connect, connectTo, events, server } = yield* Testing.serve({ handler: Handler.echo() })
      const stays = yield* connect()
      const draining = yield* Effect.fork(server.drain)
      yield* events.one("DrainStarted")
      const { endpoint } = yield* server.listen(anyPort)
      const early = yield* connectTo(endpoint)
      expect((yield* Testing.receiveAll(early)).length).toBe(0)
      expect(yield* events.one("ConnectionRefused")).toMatchObject({ rule: { _tag: "Draining" } })
      yield* stays.close
      expect(yield* Fiber.join(draining)).toEqual({ graceful: 1, forced: 0 })
      yield* connectTo(endpoint)
      expect((yield* events.first("ConnectionOpened", 2)).map(({ id }) => id)).toEqual([1, 2])
    }),
  )
})

describe("the deadline of a drain", () => {
  it.scoped("resets a peer that never reads and a peer that never closes; the others end in order", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({
        handler: Handler.discard(),
        settings: { drain: Duration.seconds(7) },
      })
      const closes = yield* connect()
      const staysOpen = yield* connect({ halfClosed: "keep" })
      const deaf = yield* connect({ inbox: 1024 })
      const [, , third] = yield* server.connections
      if (third !== undefined) yield* Effect.fork(server.send(third.id, megabyte))
      yield* events.one("FrameSent")
      const draining = yield* Effect.fork(server.drain)
      yield* events.one("DrainStarted")
      yield* closes.close
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ id: 1, reason: { _tag: "Drained" } })
      yield* TestClock.adjust("6999 millis")
      expect(events.all("ConnectionClosed").length).toBe(1)
      yield* TestClock.adjust("1 millis")
      expect(yield* Fiber.join(draining)).toEqual({ graceful: 1, forced: 2 })
      const [, open, full] = yield* events.first("ConnectionClosed", 3)
      expect(open).toMatchObject({ id: 2, reason: { _tag: "DrainDeadline", pendingBytes: 0 } })
      expect(full).toMatchObject({ id: 3, reason: { _tag: "DrainDeadline" } })
      expect(full?.reason._tag === "DrainDeadline" && full.reason.pendingBytes > 0).toBe(true)
      // The peer that reads has received FIN before the reset.
      expect((yield* staysOpen.closed).reason).toEqual({ _tag: "PeerClosed" })
      expect((yield* deaf.closed).reason).toEqual({ _tag: "PeerReset" })
      expect(yield* events.one("DrainFinished")).toMatchObject({ graceful: 1, forced: 2 })
      expectWholeLives(events.seen)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("interrupts a handler that does not end", () =>
    Effect.gen(function* () {
      const exit = yield* Deferred.make<Exit.Exit<never>>()
      const { connect, events, server } = yield* Testing.serve({
        handler: () => Effect.onExit(Effect.never, (ended) => Deferred.succeed(exit, ended)),
      })
      yield* connect()
      const draining = yield* Effect.fork(server.drain)
      yield* events.one("DrainStarted")
      yield* TestClock.adjust("5 seconds")
      expect(yield* Fiber.join(draining)).toEqual({ graceful: 0, forced: 1 })
      expect(Exit.isInterrupted(yield* Deferred.await(exit))).toBe(true)
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "DrainDeadline", pendingBytes: 0 })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scopedLive("resets sockets that do not read or do not close", () =>
    Effect.gen(function* () {
      const { connectPeer, events, server } = yield* Testing.serve({
        handler: Handler.discard(),
        settings: { drain: Duration.millis(100) },
      })
      const staysOpen = yield* connectPeer()
      const deaf = yield* connectPeer({ reads: false })
      const volume = new Uint8Array(32 * 1024 * 1024)
      const [, second] = yield* server.connections
      if (second !== undefined) yield* Effect.fork(server.send(second.id, volume))
      yield* events.one("FrameSent")
      expect(yield* server.drain).toEqual({ graceful: 0, forced: 2 })
      // Node stops watching a socket after FIN. Only a write notices the reset.
      yield* staysOpen.takeRest
      yield* staysOpen.send("x")
      yield* staysOpen.expectReset
      yield* deaf.startReading
      expect((yield* deaf.takeRest).length).toBeLessThan(volume.length)
      const reasons = (yield* events.first("ConnectionClosed", 2)).map(({ reason }) => reason._tag)
      expect(reasons).toEqual(["DrainDeadline", "DrainDeadline"])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scoped("happens at the end of the layer's scope too", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const layer = Server.layer({ handler: Handler.broker() }).pipe(
        Layer.provide(ServerConfig.layer({ listen: anyPort, drain: Duration.seconds(2) })),
      )
      const server = yield* Layer.buildWithScope(layer, scope).pipe(
        Effect.flatMap((context) => Effect.provide(Server, context)),
      )
      const events = yield* Testing.probe(server.subscribeEvents())
      const listener = yield* server.listen(anyPort)
      const client = yield* Client.make({ halfClosed: "keep" })
      yield* client.connect(listener.endpoint)
      yield* events.one("ConnectionOpened")
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* events.one("DrainStarted")
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(closing)
      expect(yield* events.one("DrainFinished")).toMatchObject({ graceful: 0, forced: 1 })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
