import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Framing } from "../../src/domain/index.ts"
import type { HubService } from "../../src/hub/index.ts"
import type { NatsHubOptions, NatsHubService } from "../../src/hub/nats/index.ts"
import { makeNatsHub } from "../../src/hub/nats/internal/makeNatsHub.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { VirtualBus } from "../support/virtualBus.ts"
import { textOf, utf8 } from "../support/wireProbe.ts"

const pass = (millis: number) => Effect.zipRight(turns(6), Effect.zipRight(TestClock.adjust(millis), turns(6)))

const nodeOn = (network: VirtualBus, node: string, more: Partial<NatsHubOptions> = {}) =>
  Effect.gen(function* () {
    const hub = yield* makeNatsHub(
      { servers: "nats://virtual", node, framing: Framing.line, history: { last: 100 }, ...more },
      () => network.connect,
    )
    const events = yield* Testing.probe(hub.subscribeEvents())
    return { hub, events, bus: network.node(network.nodes.length - 1) }
  })

const publish = (hub: NatsHubService, ...texts: ReadonlyArray<string>) =>
  Effect.zipRight(
    Effect.forEach(texts, (one) => hub.publish(utf8(one)), { discard: true }),
    turns(6),
  )

/** The texts that a subscriber gets which joins now. */
const joinLate = (hub: HubService) =>
  Effect.gen(function* () {
    const got: Array<string> = []
    const stream = yield* hub.subscribe({ history: true })
    yield* Effect.forkScoped(
      Stream.runForEachChunk(stream, (frames) =>
        Effect.sync(() => got.push(...Chunk.toReadonlyArray(frames).map(({ bytes }) => textOf(bytes)))),
      ),
    )
    yield* turns(6)
    return got
  })

/** A network whose messages of the hub are stored. */
const storing = () => {
  const network = new VirtualBus()
  network.storage = { subject: "tcpfx.main.line.all", messages: [], problem: undefined }
  return { network, storage: network.storage }
}

describe("the stored history of a hub on NATS", () => {
  it.scoped("is read by a node that starts, and continues with what arrives meanwhile, each frame once", () =>
    Effect.gen(function* () {
      const { network, storage } = storing()
      const a = yield* nodeOn(network, "a")
      yield* pass(500)
      yield* publish(a.hub, "1", "2")
      yield* publish(a.hub, "3")
      // The node reads the first half, then frames arrive that are in the second half too.
      storage.onRead = Effect.zipRight(publish(a.hub, "4", "5"), publish(a.hub, "6"))
      const b = yield* nodeOn(network, "b")
      storage.onRead = undefined
      expect(yield* joinLate(b.hub)).toEqual(["1", "2", "3", "4", "5", "6"])
      yield* publish(a.hub, "7")
      expect(yield* joinLate(b.hub)).toEqual(["1", "2", "3", "4", "5", "6", "7"])
      expect(yield* joinLate(a.hub)).toEqual(["1", "2", "3", "4", "5", "6", "7"])
      yield* pass(500)
      expect(b.events.seen).toMatchObject([
        { _tag: "NodeJoined" },
        { _tag: "HubAttached", missed: [] },
        { _tag: "HubHistoryOn", stream: "tcpfx_main_line", frames: 7 },
      ])
    }),
  )

  it.scoped("has a frame once that was sent again and stored twice", () =>
    Effect.gen(function* () {
      const { network, storage } = storing()
      const a = yield* nodeOn(network, "a")
      yield* pass(500)
      yield* publish(a.hub, "1")
      yield* publish(a.hub, "2")
      storage.messages.push(...storage.messages)
      yield* publish(a.hub, "3")
      expect(storage.messages.length).toBe(5)
      const b = yield* nodeOn(network, "b")
      expect(yield* joinLate(b.hub)).toEqual(["1", "2", "3"])
      // The node sends a stored message again, which this node did not see when it was new.
      network.carry(a.bus, { subject: storage.subject, bytes: storage.messages[1]?.bytes ?? utf8("") })
      expect(yield* joinLate(b.hub)).toEqual(["1", "2", "3"])
    }),
  )

  it.scoped("has long frames that were sent in pieces, and the boundaries of raw frames", () =>
    Effect.gen(function* () {
      const { network, storage } = storing()
      const a = yield* nodeOn(network, "a")
      a.bus.mostBytes = 1024
      yield* pass(500)
      const long = "x".repeat(5000)
      yield* publish(a.hub, "before", long, "after")
      expect(yield* joinLate((yield* nodeOn(network, "b")).hub)).toEqual(["before", long, "after"])
      const raw = { framing: Framing.raw, hub: "raw" }
      network.storage = { ...storage, subject: "tcpfx.raw.raw.all", messages: [] }
      const c = yield* nodeOn(network, "c", raw)
      yield* pass(500)
      yield* publish(c.hub, "one", "two", "three")
      expect(yield* joinLate((yield* nodeOn(network, "d", raw)).hub)).toEqual(["one", "two", "three"])
      const two = { ...raw, history: { last: 2 } }
      expect(yield* joinLate((yield* nodeOn(network, "e", two)).hub)).toEqual(["two", "three"])
    }),
  )

  it.scoped("loses frames by the time when they were stored", () =>
    Effect.gen(function* () {
      const { network } = storing()
      const a = yield* nodeOn(network, "a")
      yield* pass(500)
      yield* publish(a.hub, "old")
      yield* pass(40_000)
      yield* publish(a.hub, "young")
      const b = yield* nodeOn(network, "b", { history: { since: "1 minute" } })
      expect(yield* joinLate(b.hub)).toEqual(["old", "young"])
      yield* pass(30_000)
      expect(yield* joinLate(b.hub)).toEqual(["young"])
    }),
  )

  it.scoped("does not hide that the connection ended while it was read", () =>
    Effect.gen(function* () {
      const { network, storage } = storing()
      const a = yield* nodeOn(network, "a")
      yield* pass(500)
      yield* publish(a.hub, "1", "2")
      const reason = { _tag: "NatsSilent" } as const
      storage.onRead = Effect.sync(() => network.node(1).disconnect(reason))
      const b = yield* nodeOn(network, "b")
      yield* pass(500)
      const states = () => b.events.seen.filter(({ _tag }) => /^Hub(At|De)tached/.test(_tag))
      expect(states()).toMatchObject([{ _tag: "HubDetached", reason }])
      b.bus.connect()
      yield* pass(500)
      expect(states()).toMatchObject([{ _tag: "HubDetached" }, { _tag: "HubAttached", nodes: 1, missed: [] }])
      expect(yield* joinLate(b.hub)).toEqual(["1", "2"])
    }),
  )

  it.scoped(
    "gets what the node missed while it was detached, also of a node that it never heard, each frame once",
    () =>
      Effect.gen(function* () {
        const { network } = storing()
        const a = yield* nodeOn(network, "a")
        const b = yield* nodeOn(network, "b")
        a.bus.mostBytes = 1024
        yield* pass(500)
        yield* publish(a.hub, "a1")
        const connected = yield* joinLate(b.hub)
        b.bus.disconnect()
        const long = "x".repeat(5000)
        yield* publish(a.hub, "a2", long)
        yield* publish(b.hub, "b1")
        yield* Effect.scoped(Effect.flatMap(nodeOn(network, "c"), ({ hub }) => publish(hub, "c1")))
        yield* publish(a.hub, "a3")
        expect(yield* joinLate(b.hub)).toEqual(["a1", "b1"])
        b.bus.connect()
        yield* publish(a.hub, "a4")
        yield* pass(500)
        const expected = ["a1", "b1", "a2", long, "c1", "a3", "a4"]
        expect(yield* joinLate(b.hub)).toEqual(expected)
        expect(connected).toEqual(["a1", "b1", "a4"])
        expect(b.events.all("HubAttached").at(-1)).toMatchObject({ missed: [{ node: "a", frames: 3 }] })
        b.bus.disconnect()
        b.bus.connect()
        yield* pass(500)
        yield* pass(30_000)
        expect(yield* joinLate(b.hub)).toEqual(expected)
        expect(yield* joinLate((yield* nodeOn(network, "d")).hub)).toEqual(["a1", "a2", long, "c1", "a3", "a4", "b1"])
      }),
  )

  it.scoped("keeps its bounds with what the node missed", () =>
    Effect.gen(function* () {
      const { network } = storing()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b", { history: { last: 3 } })
      yield* pass(500)
      yield* publish(a.hub, "1", "2", "3")
      b.bus.disconnect()
      yield* publish(a.hub, "4", "5")
      b.bus.connect()
      yield* pass(500)
      expect(yield* joinLate(b.hub)).toEqual(["3", "4", "5"])
    }),
  )

  it.scoped("gets frames that were lost while the node was attached, at the next check", () =>
    Effect.gen(function* () {
      const { network, storage } = storing()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b")
      yield* pass(500)
      yield* publish(a.hub, "1")
      b.bus.loses = ({ subject }) => subject === storage.subject
      yield* publish(a.hub, "2", "3")
      b.bus.loses = () => false
      yield* publish(a.hub, "4")
      expect(yield* joinLate(b.hub)).toEqual(["1", "4"])
      yield* pass(30_000)
      expect(yield* joinLate(b.hub)).toEqual(["1", "2", "3", "4"])
    }),
  )

  it.scoped("is read later, if NATS could not be asked when the node started", () =>
    Effect.gen(function* () {
      const { network, storage } = storing()
      const a = yield* nodeOn(network, "a")
      yield* pass(500)
      yield* publish(a.hub, "1", "2")
      storage.problem = { _tag: "NoJetStream" }
      const b = yield* nodeOn(network, "b")
      yield* pass(500)
      yield* publish(b.hub, "own")
      storage.problem = undefined
      yield* publish(a.hub, "3")
      expect(yield* joinLate(b.hub)).toEqual(["own", "3"])
      yield* pass(30_000)
      expect(yield* joinLate(b.hub)).toEqual(["1", "2", "own", "3"])
      expect(b.events.seen.at(-1)).toMatchObject({ _tag: "HubHistoryOn", frames: 4 })
    }),
  )

  it.scoped("tells once that NATS does not store it, and when NATS does", () =>
    Effect.gen(function* () {
      const { network, storage } = storing()
      const problem = { _tag: "NoJetStream" } as const
      storage.problem = problem
      const a = yield* nodeOn(network, "a")
      yield* publish(a.hub, "1")
      expect(yield* joinLate(a.hub)).toEqual(["1"])
      const told = () => a.events.seen.filter(({ _tag }) => _tag.startsWith("HubHistory"))
      expect(told()).toEqual([])
      yield* pass(500)
      expect(told()).toMatchObject([{ _tag: "HubHistoryOff", problem }])
      yield* pass(60_000)
      a.bus.disconnect()
      yield* pass(60_000)
      a.bus.connect()
      yield* pass(1000)
      expect(told().length).toBe(1)
      storage.problem = undefined
      yield* pass(30_000)
      expect(told()).toMatchObject([{ _tag: "HubHistoryOff" }, { _tag: "HubHistoryOn", frames: 1 }])
    }),
  )
})
