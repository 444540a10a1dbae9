import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Framing, type ServerEvent } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { expectGrammar } from "../support/eventGrammar.ts"

const rate = 10_000
const capacityBytes = 1000

/** The bytes received from one connection, or from all. */
const received = (events: Testing.EventProbe<ServerEvent>, id?: number): number =>
  events
    .all("FrameReceived")
    .filter((event) => id === undefined || event.id === id)
    .reduce((sum, event) => sum + event.bytes.length, 0)

/** Advances the clock in steps. In each step, all data that can arrive is received. */
const pass = (seconds: number) =>
  Effect.repeatN(Effect.zipRight(TestClock.adjust("50 millis"), turns(20)), seconds * 20 - 1)

/** Peers that do not flush at the end of the test: under the test clock the server would never read the rest. */
const atOnce = { closeDeadline: Duration.zero }

const flood = new Uint8Array(rate * 100)

describe("the rate of one connection", () => {
  it.scoped("is the limit exactly: the bytes of a second at once, then the rate; others are not slowed down", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({ handler: Handler.discard(), settings: { maxRate: rate } })
      const [fast, modest] = [yield* connect(atOnce), yield* connect(atOnce)]
      yield* Effect.forkScoped(fast.send(flood))
      yield* pass(1)
      const before = received(events, 1)
      yield* pass(10)
      expect(Math.abs(received(events, 1) - before - 10 * rate)).toBeLessThan(0.1 * 10 * rate)
      expect(before).toBeLessThanOrEqual(2 * rate + capacityBytes)
      yield* modest.send(new Uint8Array(rate / 2))
      yield* turns(50)
      expect(received(events, 2)).toBe(rate / 2)
      expect(events.all("ConnectionThrottled")).toMatchObject([{ id: 1, by: "maxRate", bytesPerSecond: rate }])
      expect(events.all("ConnectionUnthrottled")).toEqual([])
    }).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes }))),
  )

  it.scoped("emits one event when it holds reading, and one when the peer keeps the rate again", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({ handler: Handler.discard(), settings: { maxRate: rate } })
      const peer = yield* connect(atOnce)
      for (let round = 1; round <= 2; round++) {
        yield* Effect.forkScoped(peer.send(new Uint8Array(5 * rate)))
        yield* pass(3)
        expect(events.all("ConnectionThrottled").length).toBe(round)
        expect(events.all("ConnectionUnthrottled").length).toBe(round - 1)
        yield* pass(4)
        expect(received(events)).toBe(round * 5 * rate)
        expect(events.all("ConnectionUnthrottled").length).toBe(round)
      }
      expectGrammar(events.seen)
    }).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes }))),
  )

  it.scoped("does not count as idle time: a held peer cannot send", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({
        handler: Handler.discard(),
        settings: { maxRate: 100, idleTimeout: Duration.seconds(2) },
      })
      const peer = yield* connect(atOnce)
      yield* Effect.forkScoped(peer.send(new Uint8Array(4000)))
      // The first read takes 1000 bytes. Its debt is paid off after nine seconds without a read.
      yield* pass(8)
      expect(received(events)).toBe(1000)
      expect(events.all("ConnectionClosed")).toEqual([])
    }).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes }))),
  )

  it.scoped("does not postpone the deadline of the first frame", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({
        handler: Handler.discard(),
        settings: {
          frame: Framing.line,
          firstFrameTimeout: Duration.seconds(2),
          maxRate: 100,
        },
      })
      const peer = yield* connect({ frame: Framing.raw })
      yield* Effect.forkScoped(Effect.ignore(peer.send(new Uint8Array(4000))))
      yield* events.one("ConnectionThrottled")
      yield* pass(3)
      yield* peer.close
      const closed = yield* events.one("ConnectionClosed")
      expect(closed.reason).toEqual({ _tag: "FirstFrameTimeout", timeoutMillis: 2000 })
    }).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes }))),
  )

  it.scoped("does not delay the end of a connection", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({
        handler: Handler.discard(),
        settings: { maxRate: 100 },
      })
      const peer = yield* connect(atOnce)
      yield* Effect.forkScoped(Effect.ignore(peer.send(new Uint8Array(4000))))
      yield* events.one("ConnectionThrottled")
      const draining = yield* Effect.fork(server.drain)
      yield* peer.close
      yield* events.one("ConnectionClosed")
      expect(yield* Fiber.join(draining)).toEqual({ graceful: 1, forced: 0 })
    }).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes }))),
  )
})

describe("the rate of all connections", () => {
  it.scoped("releases as many connections in a tick as it has bytes for, not all", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({ handler: Handler.discard(), settings: { maxRateInAll: rate } })
      const peers = yield* Effect.replicateEffect(connect(atOnce), 5)
      yield* Effect.forEach(peers, (peer) => Effect.forkScoped(peer.send(flood)))
      yield* pass(3)
      const perTick: Array<number> = []
      for (let tick = 0; tick < 20; tick++) {
        const before = received(events)
        yield* TestClock.adjust("50 millis")
        yield* turns(20)
        perTick.push(received(events) - before)
      }
      // The bucket gains 500 bytes at each tick, and a read takes 1000.
      expect(Math.max(...perTick)).toBe(capacityBytes)
    }).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes }))),
  )

  it.scoped("is the limit of all together, and no peer starves", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({ handler: Handler.discard(), settings: { maxRateInAll: rate } })
      const peers = yield* Effect.replicateEffect(connect(atOnce), 5)
      yield* Effect.forEach(peers, (peer) => Effect.forkScoped(peer.send(flood)))
      yield* pass(2)
      const before = received(events)
      const beforeOf = peers.map((_, at) => received(events, at + 1))
      yield* pass(10)
      expect(Math.abs(received(events) - before - 10 * rate)).toBeLessThan(0.1 * 10 * rate)
      for (const [at, bytes] of beforeOf.entries()) {
        const share = received(events, at + 1) - bytes
        expect(Math.abs(share - 2 * rate)).toBeLessThan(0.2 * 2 * rate)
      }
      const told = events.all("ConnectionThrottled")
      expect(told.map(({ id }) => id).sort()).toEqual([1, 2, 3, 4, 5])
      expect(told.every(({ by, bytesPerSecond }) => by === "maxRateInAll" && bytesPerSecond === rate)).toBe(true)
    }).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes }))),
  )

  it.scoped("gives a slow sender its turn among fast ones", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({ handler: Handler.discard(), settings: { maxRateInAll: rate } })
      const floods = yield* Effect.replicateEffect(connect(atOnce), 4)
      const modest = yield* connect(atOnce)
      yield* Effect.forEach(floods, (peer) => Effect.forkScoped(peer.send(flood)))
      yield* pass(3)
      for (let round = 1; round <= 5; round++) {
        yield* modest.send(new Uint8Array(10))
        yield* pass(2)
        expect(received(events, 5)).toBe(round * 10)
      }
    }).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes }))),
  )
})
