import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Framing } from "../../src/domain/index.ts"
import type { HubSink } from "../../src/hub/index.ts"
import type { NatsHubOptions, NatsHubService } from "../../src/hub/nats/index.ts"
import { makeNatsHub } from "../../src/hub/nats/internal/makeNatsHub.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { VirtualBus } from "../support/virtualBus.ts"
import { textOf, utf8 } from "../support/wireProbe.ts"

const settle = Effect.zipRight(turns(6), Effect.zipRight(TestClock.adjust("500 millis"), turns(6)))

/** A hub on a virtual bus, with the texts that a subscriber of it got. */
const nodeOn = (network: VirtualBus, node: string, more: Partial<NatsHubOptions> = {}) =>
  Effect.gen(function* () {
    const hub = yield* makeNatsHub(
      { servers: "nats://virtual", node, framing: Framing.line, ...more },
      () => network.connect,
    )
    const events = yield* Testing.probe(hub.subscribeEvents())
    const got: Array<string> = []
    const stream = yield* hub.subscribe()
    yield* Effect.forkScoped(
      Stream.runForEachChunk(stream, (frames) =>
        Effect.sync(() => got.push(...Chunk.toReadonlyArray(frames).map(({ bytes }) => textOf(bytes)))),
      ),
    )
    const bus = network.node(network.nodes.length - 1)
    return { hub, events, got, bus }
  })

const publish = (hub: NatsHubService, ...texts: ReadonlyArray<string>) =>
  Effect.forEach(texts, (one) => hub.publish(utf8(one)), { discard: true })

const silentSink: HubSink = {
  needsPublisher: false,
  deliver: () => true,
  cork: () => undefined,
  uncork: () => true,
  pending: () => 0,
  progress: () => 0,
  onOverflow: () => undefined,
  onFailed: () => undefined,
  onDropped: () => undefined,
  onStalled: () => undefined,
  onRecovered: () => undefined,
  onBlocked: () => undefined,
  onUnblocked: () => undefined,
}

describe("a hub on NATS", () => {
  it.scoped("delivers what one node publishes to the members of all nodes, once each and in order", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b")
      const c = yield* nodeOn(network, "c")
      yield* settle
      yield* publish(a.hub, "1", "2", "3")
      yield* turns(6)
      yield* publish(b.hub, "4")
      yield* turns(6)
      for (const { got } of [a, b, c]) expect(got).toEqual(["1", "2", "3", "4"])
      expect(a.bus.published.filter((subject) => subject === "tcpfx.main.line.all").length).toBe(1)
      expect((yield* b.hub.natsState).nodes).toEqual(["a", "c"])
      expect((yield* a.hub.stats).subscribers).toBe(1)
    }),
  )

  it.scoped("does not return the runs of a member to it", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b")
      yield* settle
      const own: Array<string> = []
      const member = a.hub.port.attach({ ...silentSink, deliver: (bytes) => own.push(textOf(bytes)) > 0 })
      member.publish(utf8("mine\n"))
      yield* turns(6)
      yield* publish(b.hub, "theirs")
      yield* turns(6)
      expect(own).toEqual(["theirs\n"])
      expect(b.got).toEqual(["mine", "theirs"])
    }),
  )

  it.scoped("keeps the boundaries of raw frames", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a", { framing: Framing.raw })
      const b = yield* nodeOn(network, "b", { framing: Framing.raw })
      yield* settle
      yield* publish(a.hub, "one", "two", "three")
      yield* turns(6)
      expect(b.got).toEqual(["one", "two", "three"])
    }),
  )

  it.scoped("carries a frame that is longer than a message of NATS", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b")
      a.bus.mostBytes = 1024
      yield* settle
      const long = "x".repeat(5000)
      yield* publish(a.hub, "before", long, "after")
      yield* turns(6)
      expect(b.got).toEqual(["before", long, "after"])
    }),
  )

  it.scoped("goes on among its own members while NATS is away, and sends afterwards what has waited", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b")
      yield* settle
      a.bus.disconnect({ _tag: "NatsShutDown" })
      yield* publish(a.hub, "1", "2")
      yield* publish(b.hub, "3", "4", "5")
      yield* turns(6)
      expect(a.got).toEqual(["1", "2"])
      expect(b.got).toEqual(["3", "4", "5"])
      expect((yield* a.hub.natsState).attached).toBe(false)
      a.bus.connect()
      yield* turns(6)
      expect(b.got).toEqual(["3", "4", "5", "1", "2"])
      expect(a.events.seen.filter(({ _tag }) => _tag.startsWith("Hub"))).toMatchObject([
        { _tag: "HubAttached", nodes: 1, missed: [], late: 0, dropped: 0 },
        { _tag: "HubDetached", reason: { _tag: "NatsShutDown" } },
        { _tag: "HubAttached", nodes: 1, missed: [{ node: "b", frames: 3 }], late: 2, dropped: 0 },
      ])
      yield* publish(b.hub, "6")
      yield* turns(6)
      expect(a.got).toEqual(["1", "2", "6"])
    }),
  )

  it.scoped("neither doubles nor reorders what it sends again after a new connection", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b")
      yield* settle
      yield* publish(a.hub, "1")
      yield* turns(2)
      yield* publish(a.hub, "2")
      // The server has taken both, but the confirmation does not arrive.
      yield* Effect.yieldNow()
      a.bus.stall()
      yield* publish(a.hub, "3")
      yield* turns(4)
      a.bus.disconnect()
      a.bus.resume()
      yield* publish(a.hub, "4")
      a.bus.connect()
      yield* settle
      expect(b.got).toEqual(["1", "2", "3", "4"])
      expect(b.events.tags()).not.toContain("HubMissed")
    }),
  )

  it.scoped("keeps what has waited until the other nodes are back too, or time is up", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b")
      yield* settle
      const both = [a, b]
      for (const { bus } of both) bus.disconnect()
      yield* Effect.forEach(both, ({ hub }, at) => publish(hub, `${at}`))
      yield* TestClock.adjust("20 seconds")
      a.bus.connect()
      yield* Effect.zipRight(turns(6), publish(a.hub, "2"))
      yield* TestClock.adjust("2 seconds")
      b.bus.connect()
      yield* turns(6)
      expect(a.got).toEqual(["0", "2", "1"])
      expect(b.got).toEqual(["1", "0", "2"])
      for (const { events } of both) expect(events.all("HubAttached").at(-1)).toMatchObject({ nodes: 1, missed: [] })
      for (const { bus } of both) bus.disconnect()
      yield* publish(a.hub, "3")
      a.bus.connect()
      yield* turns(6)
      expect((yield* a.hub.natsState).attached).toBe(false)
      yield* TestClock.adjust("4 seconds")
      yield* turns(6)
      expect((yield* a.hub.natsState).attached).toBe(true)
      b.bus.connect()
      yield* Effect.zipRight(turns(6), Effect.zipRight(TestClock.adjust("4 seconds"), turns(6)))
      expect(b.events.all("HubAttached").at(-1)).toMatchObject({ missed: [{ node: "a", frames: 1 }] })
    }),
  )

  it.scoped("is detached when NATS takes nothing, and attached again when it does", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b")
      yield* settle
      a.bus.stall()
      yield* publish(a.hub, "1")
      yield* turns(4)
      yield* TestClock.adjust("3 seconds")
      expect(a.events.all("HubDetached").at(-1)).toMatchObject({ reason: { _tag: "NatsStalled", timeoutMillis: 2000 } })
      yield* publish(a.hub, "2")
      yield* turns(4)
      expect(a.got).toEqual(["1", "2"])
      a.bus.resume()
      yield* settle
      expect(a.events.tags().filter((tag) => tag === "HubAttached").length).toBe(2)
      expect(b.got).toEqual(["1", "2"])
    }),
  )

  it.scoped("stays attached while NATS takes a long queue slowly", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      yield* settle
      a.bus.stall()
      const frame = "x".repeat(60_000)
      for (let count = 0; count < 20; count++) yield* Effect.zipRight(publish(a.hub, frame), turns(1))
      // Some frames and confirmations at a time, so that the whole queue takes longer than the stall timeout.
      for (let count = 0; count < 5; count++) {
        yield* TestClock.adjust("1500 millis")
        a.bus.take(6)
        yield* turns(6)
      }
      a.bus.resume()
      yield* settle
      expect(a.events.tags()).toEqual(["HubAttached"])
    }),
  )

  it.scoped("is detached until a new connection when NATS does not allow its subjects", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b")
      yield* settle
      const refused = { subject: "tcpfx.main.line.all", action: "publish" } as const
      a.bus.refuse(refused)
      yield* turns(2)
      expect(a.events.all("HubDetached")).toMatchObject([{ reason: { _tag: "SubjectRefused", ...refused } }])
      yield* publish(a.hub, "1")
      yield* turns(6)
      yield* TestClock.adjust("10 seconds")
      yield* turns(6)
      expect([a.got, b.got]).toEqual([["1"], []])
      a.bus.disconnect()
      a.bus.connect()
      yield* settle
      expect(b.got).toEqual(["1"])
    }),
  )

  it.scoped("is not attached again by a connection after its end", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const b = yield* nodeOn(network, "b")
      yield* Effect.scoped(Effect.zipRight(nodeOn(network, "a"), settle))
      network.node(1).connect()
      yield* settle
      yield* settle
      expect(b.events.tags().filter((tag) => tag === "NodeJoined").length).toBe(1)
    }),
  )

  it.scoped("bounds what waits for NATS, drops the oldest, and says how much", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a", { queueBytes: 64 * 1024 })
      const b = yield* nodeOn(network, "b")
      yield* settle
      a.bus.disconnect()
      const texts = Array.from({ length: 100 }, (_, at) => `${at}`.padStart(2000, "."))
      for (const one of texts) yield* Effect.zipRight(publish(a.hub, one), turns(1))
      expect((yield* a.hub.natsState).pendingBytes).toBeLessThanOrEqual(64 * 1024)
      expect(a.got.length).toBe(100)
      a.bus.connect()
      yield* settle
      const dropped = a.events.all("HubAttached").at(-1)?.dropped ?? 0
      expect(dropped).toBeGreaterThan(60)
      expect(b.got).toEqual(texts.slice(dropped))
      expect(b.events.all("HubMissed").at(-1)).toMatchObject({
        node: "a",
        missed: dropped,
        total: dropped,
        cause: "gap",
      })
      expect(a.events.tags().filter((tag) => tag === "HubOverflowed").length).toBe(1)
    }),
  )

  it.scoped("tells each loss while it is attached, also when nothing follows", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b")
      yield* settle
      b.bus.loses = ({ subject }) => subject.endsWith(".all")
      yield* publish(a.hub, "1", "2")
      yield* turns(6)
      yield* TestClock.adjust("3 seconds")
      yield* turns(6)
      expect(b.events.all("HubMissed").at(-1)).toMatchObject({ node: "a", missed: 2, total: 2, cause: "gap" })
      b.bus.loses = () => false
      yield* publish(a.hub, "3")
      yield* turns(6)
      expect(b.got).toEqual(["3"])
    }),
  )

  it.scoped("makes publishers wait for NATS at the bound, and no longer than it takes something", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a", { queueBytes: 64 * 1024 })
      yield* settle
      a.bus.stall()
      const publishing = yield* Effect.fork(
        Effect.forEach(Array.from({ length: 40 }), () => publish(a.hub, ".".repeat(10_000)), { discard: true }),
      )
      yield* turns(20)
      expect(publishing.unsafePoll()).toBe(null)
      yield* TestClock.adjust("3 seconds")
      yield* turns(20)
      expect(publishing.unsafePoll()).not.toBe(null)
      expect(a.got.length).toBe(40)
    }),
  )

  it.scoped("lets a silent node leave, and a node that ends at once", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      yield* Effect.scoped(Effect.zipRight(nodeOn(network, "b"), settle))
      yield* turns(6)
      expect(a.events.tags()).toEqual(["NodeJoined", "HubAttached", "NodeLeft"])
      expect(a.events.all("NodeLeft").at(-1)).toMatchObject({ node: "b", cause: "left" })
      yield* nodeOn(network, "c")
      yield* settle
      network.node(2).stall()
      yield* Effect.replicateEffect(Effect.zipRight(TestClock.adjust("1 second"), turns(6)), 10)
      expect(a.events.all("NodeLeft").at(-1)).toMatchObject({ node: "c", cause: "silent" })
      expect((yield* a.hub.natsState).nodes).toEqual([])
    }),
  )

  it.scoped("says that another node has another framing", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b", { framing: Framing.slip })
      yield* settle
      expect(a.events.all("NodeMismatched").at(-1)).toMatchObject({ node: "b", framing: "slip" })
      yield* publish(b.hub, "x")
      yield* turns(6)
      expect(a.got).toEqual([])
    }),
  )

  it.scoped("refuses a setting that cannot be", () =>
    Effect.gen(function* () {
      const make = (options: Partial<NatsHubOptions>) =>
        Effect.map(
          Effect.flip(makeNatsHub({ servers: "nats://virtual", ...options }, () => new VirtualBus().connect)),
          (error) => error.message,
        )
      expect(yield* make({ servers: "http://x" })).toMatch(
        /the setting servers cannot be "http:\/\/x"; it takes a server/,
      )
      for (const servers of ["nats://u:100%@virtual", "http://u:100%@virtual", ["nats://u:100%@virtual:0"]]) {
        expect(yield* make({ servers })).toMatch(/^the setting servers cannot be this address; it takes a server/)
      }
      expect(yield* make({ node: "a b" })).toMatch(/the setting node cannot be "a b"; it takes 1 to 64 letters/)
      expect(yield* make({ hub: "工".repeat(22) })).toMatch(
        /the setting hub cannot be .*; it takes a text of at most 64 bytes/,
      )
      expect(yield* make({ queueBytes: 1 })).toMatch(/the setting queueBytes cannot be 1; it takes a whole number/)
      expect(yield* make({ auth: { _tag: "Token", token: "" } })).toMatch(/the setting auth cannot be this Token/)
    }),
  )
})
