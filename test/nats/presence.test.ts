import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { ConnectionId, Framing } from "../../src/domain/index.ts"
import { formatRemoteClient } from "../../src/hub/index.ts"
import { makeNatsHub } from "../../src/hub/nats/internal/makeNatsHub.ts"
import { OwnClients } from "../../src/hub/nats/internal/OwnClients.ts"
import { RemoteClients } from "../../src/hub/nats/internal/RemoteClients.ts"
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

  it.prop(
    "are those of the node, whichever announcements are lost",
    [
      FastCheck.array(
        FastCheck.tuple(FastCheck.integer({ min: 1, max: 8 }), FastCheck.boolean(), FastCheck.boolean()),
        { maxLength: 60 },
      ),
    ],
    ([steps]) => {
      const own = new OwnClients()
      const remote = new RemoteClients()
      const open = new Set<number>()
      for (const [client, isLost, isEnd] of steps) {
        if (open.has(client)) own.close(id(client))
        else own.open(id(client), "x", 0)
        if (!open.delete(client)) open.add(client)
        if (!isEnd) continue
        for (const part of own.takeChanges()) if (!isLost) remote.take(1, "a", part)
      }
      for (const part of own.takeChanges()) remote.take(1, "a", part)
      if (remote.needsWhole(1, "a", own.version)) for (const part of own.whole()) remote.take(1, "a", part)
      expect(remote.needsWhole(1, "a", own.version)).toBe(false)
      expect(remote.all.map((client) => client.id).toSorted()).toEqual([...open].toSorted())
    },
    runs(300),
  )
})
