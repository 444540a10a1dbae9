import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Framing } from "../../src/domain/index.ts"
import { makeNatsHub } from "../../src/hub/nats/internal/makeNatsHub.ts"
import { Rooms } from "../../src/rooms/index.ts"
import { Server } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { VirtualBus } from "../support/virtualBus.ts"
import { textOf, utf8 } from "../support/wireProbe.ts"

const nodeOn = (network: VirtualBus, node: string) =>
  Effect.gen(function* () {
    const hub = yield* makeNatsHub({ servers: "nats://virtual", node, framing: Framing.line }, () => network.connect)
    const rooms = yield* Rooms.make({ hubs: hub.rooms })
    const bus = network.node(network.nodes.length - 1)
    /** Subscribes to a room, and returns what arrives. */
    const listen = (room: string) =>
      Effect.gen(function* () {
        const got: Array<string> = []
        const stream = yield* rooms.subscribe(room)
        yield* Effect.forkScoped(Stream.runForEach(stream, ({ bytes }) => Effect.sync(() => got.push(textOf(bytes)))))
        return got
      })
    const publish = (room: string, text: string) => rooms.publishTo(room, utf8(text))
    const roomSubjects = () => bus.subjects.filter((subject) => subject.includes(".room."))
    return { hub, rooms, bus, listen, publish, roomSubjects }
  })

describe("rooms on NATS", () => {
  it.scoped("reach the members on all nodes, and nobody else", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b")
      yield* turns(6)
      const inA = yield* a.listen("boiler 1")
      const inB = yield* b.listen("boiler 1")
      const other = yield* b.listen("boiler 2")
      yield* a.publish("boiler 1", "1")
      yield* b.publish("boiler 1", "2")
      yield* b.publish("boiler 2", "3")
      yield* turns(6)
      expect(inA).toEqual(["1", "2"])
      expect(inB.toSorted()).toEqual(["1", "2"])
      expect(other).toEqual(["3"])
    }),
  )

  it.scoped("are subscribed only while the node has members", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      expect(a.roomSubjects()).toEqual([])
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* a.listen("x.y")
          expect(a.roomSubjects()).toEqual(["tcpfx.main.line.room.x=2ey"])
        }),
      )
      expect(a.roomSubjects()).toEqual([])
      expect(yield* a.rooms.names).toEqual([])
    }),
  )

  it.scoped("get what a node without members publishes, each message once and in order", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b")
      yield* turns(6)
      const got = yield* a.listen("x")
      const texts = Array.from({ length: 300 }, (_, at) => `${at}`)
      for (const text of texts) yield* b.publish("x", text)
      yield* turns(6)
      expect(got).toEqual(texts)
      expect(b.roomSubjects()).toEqual([])
      const again = yield* b.listen("x")
      yield* a.publish("x", "back")
      yield* turns(6)
      expect(again).toEqual(["back"])
    }),
  )

  it.scoped("carry the frames of connections between two servers", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const serve = (name: string) =>
        Effect.gen(function* () {
          const { rooms } = yield* nodeOn(network, name)
          const server = yield* Server.make({
            settings: { frame: Framing.line },
            handler: (connection) =>
              Effect.flatMap(rooms.join(connection, "lobby"), (lobby) => connection.runForEach(lobby.publish)),
          })
          return (yield* server.listen("127.0.0.1:0")).endpoint
        })
      const here = yield* Testing.dialPeer(yield* serve("a"))
      const there = yield* Testing.dialPeer(yield* serve("b"))
      yield* turns(6)
      yield* here.send("hello\n")
      yield* there.expect("hello\n")
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("leave the hub attached when NATS does not allow their subject, and tell it once for each connection", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b")
      const events = yield* Testing.probe(a.hub.subscribeEvents())
      yield* turns(6)
      const refused = { subject: "tcpfx.main.line.room.x", action: "publish" } as const
      for (let count = 0; count < 3; count++) a.bus.refuse(refused)
      a.bus.refuse({ ...refused, action: "subscribe" })
      yield* turns(2)
      expect(events.all("HubRefused")).toMatchObject([refused, { ...refused, action: "subscribe" }])
      expect(events.all("HubDetached")).toEqual([])
      const other = yield* b.listen("y")
      yield* a.publish("y", "1")
      yield* turns(6)
      expect(other).toEqual(["1"])
      a.bus.disconnect()
      a.bus.connect()
      a.bus.refuse(refused)
      yield* turns(2)
      expect(events.all("HubRefused").length).toBe(3)
    }),
  )
})
