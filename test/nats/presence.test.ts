import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { ConnectionId, Framing } from "../../src/domain/index.ts"
import { formatRemoteClient } from "../../src/hub/index.ts"
import { makeNatsHub } from "../../src/hub/nats/internal/makeNatsHub.ts"
import type { ClientEntry } from "../../src/hub/nats/internal/presence/ClientPresence.ts"
import type { ListPart } from "../../src/hub/nats/internal/presence/ListPart.ts"
import { OwnList } from "../../src/hub/nats/internal/presence/OwnList.ts"
import { RemoteLists } from "../../src/hub/nats/internal/presence/RemoteLists.ts"
import { Handler, Server } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { runs } from "../support/properties.ts"
import { VirtualBus } from "../support/virtualBus.ts"

const nodeOn = (network: VirtualBus, node: string) =>
  Effect.gen(function* () {
    const hub = yield* makeNatsHub({ servers: "nats://virtual", node, framing: Framing.line }, () => network.connect)
    const bus = network.node(network.nodes.length - 1)
    const names = Effect.map(hub.network.clients, (clients) => clients.map(formatRemoteClient).toSorted())
    return { hub, bus, names }
  })

const pass = (millis: number) =>
  Effect.replicateEffect(Effect.zipRight(TestClock.adjust("100 millis"), turns(4)), millis / 100, { discard: true })

const id = (number: number) => ConnectionId.make(number, true)

describe("the clients of other nodes", () => {
  it.scoped("come and go with the connections of their server", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b")
      yield* pass(500)
      const server = yield* Server.make({ hub: a.hub, handler: Handler.broker() })
      const { endpoint } = yield* server.listen("127.0.0.1:0")
      const changes: Array<string> = []
      yield* Effect.forkScoped(
        Stream.runForEach(b.hub.network.presence, (change) =>
          Effect.sync(() => {
            const client = change._tag === "Joined" ? change.joined : change._tag === "Left" ? change.left : undefined
            changes.push(`${change._tag} ${client === undefined ? "" : formatRemoteClient(client)}`)
          }),
        ),
      )
      const first = yield* Testing.dialPeer(endpoint)
      yield* Testing.dialPeer(endpoint)
      yield* pass(200)
      expect(yield* b.names).toEqual(["@a/1", "@a/2"])
      yield* first.reset
      yield* pass(300)
      expect(yield* b.names).toEqual(["@a/2"])
      expect(changes).toEqual(["Snapshot ", "Joined @a/1", "Joined @a/2", "Left @a/1"])
      expect(yield* a.names).toEqual([])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("are learned by a node that starts later, and by a node that was away", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      yield* pass(500)
      for (let at = 1; at <= 5000; at++) a.hub.network.opened(id(at), "192.0.2.7:1", 0)
      yield* pass(200)
      const b = yield* nodeOn(network, "b")
      yield* pass(1000)
      expect((yield* b.names).length).toBe(5000)
      b.bus.disconnect()
      for (let at = 1; at <= 4999; at++) a.hub.network.closed(id(at))
      yield* pass(500)
      expect((yield* b.names).length).toBe(5000)
      b.bus.connect()
      yield* pass(1000)
      expect(yield* b.names).toEqual(["@a/5000"])
    }),
  )

  it.scoped("leave with a node that is no longer heard", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b")
      yield* pass(500)
      a.hub.network.opened(id(1), "192.0.2.7:1", 0)
      yield* pass(200)
      expect(yield* b.names).toEqual(["@a/1"])
      a.bus.stall()
      yield* pass(8000)
      expect(yield* b.names).toEqual([])
      a.bus.resume()
      yield* pass(3000)
      expect(yield* b.names).toEqual(["@a/1"])
    }),
  )

  it.scoped("are announced in messages that NATS accepts, also with a small bound", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      a.bus.mostBytes = 4096
      const b = yield* nodeOn(network, "b")
      yield* pass(500)
      for (let at = 1; at <= 3000; at++) a.hub.network.opened(id(at), `192.0.2.7:${at}`, 1_700_000_000_000 + at)
      yield* pass(200)
      expect((yield* b.names).length).toBe(3000)
      const c = yield* nodeOn(network, "c")
      yield* pass(1000)
      expect((yield* c.names).length).toBe(3000)
      for (let at = 1; at <= 2999; at++) a.hub.network.closed(id(at))
      yield* pass(200)
      for (const { names } of [b, c]) expect(yield* names).toEqual(["@a/3000"])
    }),
  )

  it.prop(
    "are those of the node, whichever announcements are lost",
    [
      FastCheck.array(
        FastCheck.tuple(FastCheck.integer({ min: 1, max: 8 }), FastCheck.constantFrom("set", "delete", "end", "lost")),
        { maxLength: 80 },
      ),
      FastCheck.constantFrom(370, 420, 4096),
    ],
    ([steps, mostBytes]) => {
      const own = new OwnList<ClientEntry>()
      const told = new Map<number, string>()
      const remote = new RemoteLists<ClientEntry, readonly [key: number, text: string]>({
        make: (_node, [key, text]) => [key, text],
        isSame: ([, one], [, other]) => one === other,
        onJoined: ([key, text]) => {
          expect(told.has(key)).toBe(false)
          told.set(key, text)
        },
        onChanged: ([key, text], [, before]) => {
          expect(told.get(key)).toBe(before)
          told.set(key, text)
        },
        onLeft: ([key]) => expect(told.delete(key)).toBe(true),
      })
      const entries = new Map<number, string>()
      const keys = new Map<number, number>()
      let count = 0
      const tell = (parts: ReadonlyArray<ListPart<ClientEntry>>, isLost: boolean) => {
        for (const part of parts) if (!isLost) remote.take(1, "a", part)
      }
      for (const [place, what] of steps) {
        if (what === "set") {
          // A place that was deleted gets a new key.
          const key = keys.get(place) ?? ++count
          keys.set(place, key)
          entries.set(key, `text ${count}`)
          own.set([key, `text ${count}`, 0])
        } else if (what === "delete") {
          const key = keys.get(place) ?? 0
          keys.delete(place)
          entries.delete(key)
          own.delete(key)
        } else tell(own.takeChanges(mostBytes), what === "lost")
      }
      tell(own.takeChanges(mostBytes), false)
      if (remote.needsWhole(1, "a", own.version)) tell(own.whole(mostBytes), false)
      expect(remote.needsWhole(1, "a", own.version)).toBe(false)
      expect(new Map(remote.all)).toEqual(entries)
      expect(told).toEqual(entries)
    },
    runs(300),
  )

  it("are asked for again when a part of the whole list is missing", () => {
    const own = new OwnList<ClientEntry>()
    const nothing = () => undefined
    const remote = new RemoteLists<ClientEntry, number>({
      make: (_node, [key]) => key,
      isSame: () => true,
      onJoined: nothing,
      onChanged: nothing,
      onLeft: nothing,
    })
    for (let at = 1; at <= 20; at++) own.set([at, "192.0.2.7:50123", 0])
    own.takeChanges(512)
    const parts = own.whole(512)
    expect(parts.length).toBeGreaterThan(2)
    expect(parts.map((part) => remote.take(1, "a", part))).toEqual(parts.map(() => true))
    expect(remote.all.length).toBe(20)
    own.delete(1)
    own.takeChanges(512)
    const [first, , ...later] = own.whole(512)
    if (first === undefined || later[0] === undefined) throw new Error("the list has too few parts")
    expect(remote.take(1, "a", first)).toBe(true)
    expect(remote.take(1, "a", later[0])).toBe(false)
    expect(remote.needsWhole(1, "a", own.version)).toBe(true)
  })

  it("leave out an entry that is longer than an announcement, and one that grows so long", () => {
    const own = new OwnList<ClientEntry>()
    own.set([1, "x".repeat(5000), 0])
    own.set([2, "short", 0])
    expect(own.takeChanges(4096).map(({ joined, left }) => [joined, left])).toEqual([[[[2, "short", 0]], []]])
    own.set([2, "x".repeat(5000), 0])
    expect(own.takeChanges(4096).map(({ joined, left }) => [joined, left])).toEqual([[[], [2]]])
    expect(own.whole(4096)).toMatchObject([{ whole: { at: 0, of: 0 }, joined: [] }])
  })
})
