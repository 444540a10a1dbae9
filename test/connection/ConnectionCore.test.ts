import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { Hold } from "../../src/connection/ConnectionOwner.ts"
import { closeReasons, Framing } from "../../src/domain/index.ts"
import { nextTurn, turns } from "../../src/testing/turns.ts"
import { MemoryTransport, type Transport } from "../../src/transport/index.ts"
import { connectedCores, coreOver } from "../support/cores.ts"
import { connectedWires, memoryFixture } from "../support/transportFixture.ts"
import { textOf, utf8 } from "../support/wireProbe.ts"

const capacityBytes = 100
const test = <E>(name: string, body: Effect.Effect<void, E, Transport | Scope.Scope>) =>
  it.scoped(name, () => Effect.provide(body, MemoryTransport.layer({ capacityBytes })))

/** A connection, and the wire of its peer, which reads only on request. */
const withSilentPeer = Effect.gen(function* () {
  const { near, far } = yield* connectedWires(memoryFixture)
  const { core, connection, owner } = yield* coreOver(near.wire, { framing: Framing.raw })
  far.wire.pause()
  far.start()
  return { core, connection, owner, peer: far }
})

describe("the deadline of a close", () => {
  test(
    "ends a connection whose peer takes nothing, and says how much was left",
    Effect.gen(function* () {
      const { connection, owner, peer } = yield* withSilentPeer
      yield* connection.send(new Uint8Array(1000))
      const closing = yield* Effect.fork(connection.close)
      yield* TestClock.adjust("4999 millis")
      yield* turns(3)
      expect(owner.ends).toEqual([])
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(closing)
      expect(owner.ends).toMatchObject([
        { reason: { _tag: "DrainDeadline", pendingBytes: 900 }, bytesOut: 100, lifetimeMillis: 5000 },
      ])
      yield* peer.untilClosed
      expect(peer.closes).toEqual([{ code: "ECONNRESET" }])
    }),
  )

  test(
    "ends a connection whose peer never sends its FIN, and keeps the reason of the close",
    Effect.gen(function* () {
      const { connection, owner, peer } = yield* withSilentPeer
      peer.wire.resume()
      yield* connection.send(utf8("bye"))
      const closing = yield* Effect.fork(connection.close)
      yield* peer.until((probe) => probe.hasEnded())
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(closing)
      expect(owner.ends).toMatchObject([{ reason: { _tag: "LocalClosed" }, bytesOut: 3 }])
    }),
  )

  test(
    "waits as long as the peer takes something, however little",
    Effect.gen(function* () {
      const { connection, owner, peer } = yield* withSilentPeer
      yield* connection.send(new Uint8Array(1000))
      const closing = yield* Effect.fork(connection.close)
      for (let expected = 100; expected < 1000; expected += 100) {
        peer.onEachData = () => peer.wire.pause()
        peer.wire.resume()
        yield* peer.until((probe) => probe.received === expected)
        yield* turns(2)
        yield* TestClock.adjust("5 seconds")
        expect(owner.ends).toEqual([])
      }
      peer.onEachData = undefined
      peer.wire.resume()
      yield* peer.until((probe) => probe.hasEnded())
      peer.wire.end()
      yield* Fiber.join(closing)
      expect(owner.ends).toMatchObject([{ reason: { _tag: "LocalClosed" }, bytesOut: 1000 }])
    }),
  )

  test(
    "is not kept when the caller watches over one of its own",
    Effect.gen(function* () {
      const { core, connection, owner, peer } = yield* withSilentPeer
      peer.wire.resume()
      core.beginClose(closeReasons.drained, "unwatched")
      yield* TestClock.adjust("1 hour")
      yield* turns(3)
      expect(owner.ends).toEqual([])
      core.abort({ _tag: "DrainDeadline", pendingBytes: 0 })
      expect((yield* connection.closed).reason).toEqual({ _tag: "DrainDeadline", pendingBytes: 0 })
    }),
  )
})

describe("the reason of an end", () => {
  test(
    "is the first cause: what comes after it changes nothing",
    Effect.gen(function* () {
      const { far, farOwner, near, farCore } = yield* connectedCores(memoryFixture)
      farCore.abort(closeReasons.kicked)
      farCore.abort({ _tag: "HandlerFailed", message: "later" })
      farCore.destroy(closeReasons.localClosed)
      farCore.beginClose(closeReasons.localClosed)
      yield* near.closed
      expect((yield* far.closed).reason._tag).toBe("Kicked")
      yield* turns(3)
      expect(farOwner.told).toEqual(["closed"])
    }),
  )

  test(
    "is PeerClosed where the peer had sent FIN, even if it answers a late reply with a reset",
    Effect.gen(function* () {
      const { far, nearCore } = yield* connectedCores(memoryFixture)
      nearCore.destroy(closeReasons.localClosed)
      expect(yield* far.receive).toEqual(Option.none())
      yield* far.send(utf8("late"))
      expect((yield* far.closed).reason._tag).toBe("PeerClosed")
    }),
  )

  test(
    "is the result of all waits for it, then and later",
    Effect.gen(function* () {
      const { near, far } = yield* connectedCores(memoryFixture)
      const impatient = yield* Effect.fork(near.closed)
      const waiting = yield* Effect.fork(near.closed)
      yield* nextTurn
      yield* Fiber.interrupt(impatient)
      yield* far.reset
      expect((yield* Fiber.join(waiting)).reason._tag).toBe("PeerReset")
      expect(yield* near.closed).toBe(yield* Fiber.join(waiting))
    }),
  )
})

describe("reading", () => {
  test(
    "is held until each cause of holding has let go, and nothing is lost meanwhile",
    Effect.gen(function* () {
      const { near, far, farOwner, farCore } = yield* connectedCores(memoryFixture)
      farCore.hold(Hold.hub)
      farCore.hold(Hold.events)
      yield* near.send(utf8("held"))
      yield* turns(3)
      farCore.release(Hold.hub)
      farCore.release(Hold.output)
      yield* turns(3)
      const waiting = yield* Effect.fork(far.receive)
      yield* turns(3)
      expect(waiting.unsafePoll()).toBeNull()
      farCore.release(Hold.events)
      yield* farOwner.firstRun
      expect(Option.map(yield* Fiber.join(waiting), textOf)).toEqual(Option.some("held"))
    }),
  )

  test(
    "stops at a full inbox: the peer is held back, and goes on when the inbox is empty",
    Effect.gen(function* () {
      const { near, far } = yield* connectedCores(memoryFixture, { inboxBytes: 200, outboxBytes: 0 })
      const sender = yield* Effect.fork(
        Effect.forEach(
          Array.from({ length: 200 }, (_, n) => `${n}`),
          (text) => near.send(utf8(text)),
        ),
      )
      yield* turns(20)
      expect(sender.unsafePoll()).toBeNull()
      for (let n = 0; n < 200; n++) expect(Option.map(yield* far.receive, textOf)).toEqual(Option.some(`${n}`))
      yield* Fiber.join(sender)
    }),
  )

  test(
    "ends on request: what has arrived is given, what comes later is taken from the wire and dropped",
    Effect.gen(function* () {
      const { near, far, farOwner, farCore } = yield* connectedCores(memoryFixture)
      yield* near.send(utf8("before"))
      yield* farOwner.firstRun
      farCore.endInput()
      yield* near.send(utf8("after"))
      expect(Option.map(yield* far.receive, textOf)).toEqual(Option.some("before"))
      expect(yield* far.receive).toEqual(Option.none())
      yield* near.close.pipe(Effect.zipLeft(far.close, { concurrent: true }))
      expect(yield* far.closed).toMatchObject({ bytesIn: 13 })
    }),
  )

  test(
    "is not held back any more once the connection is closing: a closing peer must be heard",
    Effect.gen(function* () {
      const { near, far, farOwner, farCore } = yield* connectedCores(memoryFixture)
      const closing = yield* Effect.fork(far.close)
      yield* nextTurn
      farCore.hold(Hold.events)
      yield* near.close
      yield* Fiber.join(closing)
      expect(farOwner.ends[0]?.reason._tag).toBe("LocalClosed")
    }),
  )
})

describe("sending", () => {
  test(
    "waits while more than the outbox is pending, until the system has taken it all",
    Effect.gen(function* () {
      const { near, nearCore, farCore } = yield* connectedCores(memoryFixture, {
        framing: Framing.raw,
        outboxBytes: 50,
      })
      farCore.hold(Hold.events)
      yield* near.send(new Uint8Array(100))
      yield* near.send(new Uint8Array(50))
      const waiting = yield* Effect.fork(near.send(new Uint8Array(1)))
      yield* turns(3)
      expect(waiting.unsafePoll()).toBeNull()
      expect(nearCore.pending()).toBe(51)
      farCore.release(Hold.events)
      yield* Fiber.join(waiting)
      expect(nearCore.pending()).toBe(0)
    }),
  )

  test(
    "that is interrupted while it waits has sent its payload, whole",
    Effect.gen(function* () {
      const { near, far, nearOwner, farCore } = yield* connectedCores(memoryFixture, { outboxBytes: 0 })
      farCore.hold(Hold.events)
      const long = "x".repeat(500)
      const waiting = yield* Effect.fork(near.send(utf8(long)))
      yield* turns(3)
      yield* Fiber.interrupt(waiting)
      farCore.release(Hold.events)
      expect(Option.map(yield* far.receive, textOf)).toEqual(Option.some(long))
      expect(nearOwner.sent).toEqual([long])
    }),
  )
})
