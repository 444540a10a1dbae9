import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Framing } from "../../src/domain/index.ts"
import { makeNatsHub } from "../../src/hub/nats/internal/makeNatsHub.ts"
import { type RoomMember, Rooms } from "../../src/rooms/index.ts"
import { Server } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { VirtualBus } from "../support/virtualBus.ts"
import { textOf, utf8 } from "../support/wireProbe.ts"

const pass = (millis: number) =>
  Effect.replicateEffect(Effect.zipRight(TestClock.adjust("100 millis"), turns(4)), millis / 100, { discard: true })

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

const Member = Schema.Struct({ name: Schema.String, since: Schema.Date })
const on = (name: string) => ({ name, since: new Date(0) })

/** A server on a node, whose connections join a room with the name that they send first. */
const serverOn = (network: VirtualBus, node: string) =>
  Effect.gen(function* () {
    const hub = yield* makeNatsHub({ servers: "nats://virtual", node, framing: Framing.line }, () => network.connect)
    const bus = network.node(network.nodes.length - 1)
    const rooms = yield* Rooms.make({ hubs: hub.rooms, member: Member })
    const server = yield* Server.make({
      settings: { frame: Framing.line },
      handler: (connection) =>
        Effect.gen(function* () {
          const room = yield* rooms.join(connection, "lobby", { member: on(`first of ${node}`) })
          yield* connection.runForEach((line) => room.update(on(textOf(line))))
        }),
    })
    const { endpoint } = yield* server.listen("127.0.0.1:0")
    const members = Effect.map(rooms.members("lobby"), (all) =>
      all.map(({ id, member, node: of = "here" }) => `${of}/${id} ${member.name} ${member.since.getTime()}`),
    )
    const changes: Array<string> = []
    const text = (member: RoomMember<typeof Member.Type>) => `${member.node ?? "here"} ${member.member.name}`
    const watch = Effect.forkScoped(
      Stream.runForEach(rooms.presence("lobby"), (event) =>
        Effect.sync(() => {
          if (event._tag === "Snapshot") changes.push(`Snapshot ${event.members.map(text).join(", ")}`)
          else if (event._tag === "Joined") changes.push(`Joined ${text(event.joined)}`)
          else if (event._tag === "Left") changes.push(`Left ${text(event.left)}`)
          else changes.push(`Changed ${text(event.changed)} from ${event.before.name}`)
        }),
      ),
    )
    return { hub, bus, rooms, endpoint, members, changes, watch }
  })

describe("the members of rooms on NATS", () => {
  it.scoped("are known on all nodes, with their values and changes", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* serverOn(network, "a")
      const b = yield* serverOn(network, "b")
      yield* pass(500)
      yield* b.watch
      const here = yield* Testing.dialPeer(a.endpoint)
      yield* pass(200)
      expect(yield* a.members).toEqual(["here/1 first of a 0"])
      expect(yield* b.members).toEqual(["a/1 first of a 0"])
      yield* Testing.dialPeer(b.endpoint)
      yield* here.send("second\n")
      yield* pass(200)
      expect(yield* a.members).toEqual(["here/1 second 0", "b/1 first of b 0"])
      expect(yield* b.members).toEqual(["here/1 first of b 0", "a/1 second 0"])
      yield* here.reset
      yield* pass(200)
      expect(yield* b.members).toEqual(["here/1 first of b 0"])
      expect(b.changes.toSorted()).toEqual(
        [
          "Snapshot ",
          "Joined a first of a",
          "Joined here first of b",
          "Changed a second from first of a",
          "Left a second",
        ].toSorted(),
      )
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("are known on a node without members of its own, and on a node that starts later", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* serverOn(network, "a")
      yield* pass(500)
      yield* Testing.dialPeer(a.endpoint)
      yield* pass(200)
      const b = yield* serverOn(network, "b")
      yield* pass(1000)
      expect(yield* b.rooms.names).toEqual([])
      expect(yield* b.members).toEqual(["a/1 first of a 0"])
      yield* b.watch
      yield* pass(100)
      expect(b.changes).toEqual(["Snapshot a first of a"])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("leave with a node that is no longer heard, and come back with it", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* serverOn(network, "a")
      const b = yield* serverOn(network, "b")
      yield* pass(500)
      yield* Testing.dialPeer(a.endpoint)
      yield* pass(200)
      yield* b.watch
      yield* pass(100)
      a.bus.stall()
      yield* pass(8000)
      expect(yield* b.members).toEqual([])
      a.bus.resume()
      yield* pass(3000)
      expect(yield* b.members).toEqual(["a/1 first of a 0"])
      expect(b.changes).toEqual(["Snapshot a first of a", "Left a first of a", "Joined a first of a"])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("are left out where their value does not fit the schema", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* serverOn(network, "a")
      const b = yield* nodeOn(network, "b")
      const other = yield* Rooms.make({ hubs: b.hub.rooms, member: Schema.Struct({ age: Schema.Number }) })
      const untyped = yield* Rooms.make({ hubs: b.hub.rooms })
      yield* pass(500)
      yield* Testing.dialPeer(a.endpoint)
      yield* pass(200)
      expect(yield* other.members("lobby")).toEqual([])
      expect(yield* untyped.members("lobby")).toEqual([{ id: 1, member: undefined, node: "a" }])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("leave with the scope of the rooms of their node", () =>
    Effect.gen(function* () {
      const network = new VirtualBus()
      const a = yield* nodeOn(network, "a")
      const b = yield* nodeOn(network, "b")
      yield* pass(500)
      const scope = yield* Scope.make()
      const rooms = yield* Scope.extend(Rooms.make({ hubs: a.hub.rooms }), scope)
      const server = yield* Server.make({
        settings: { frame: Framing.line },
        handler: (connection) =>
          Effect.flatMap(rooms.join(connection, "lobby"), () => connection.runForEach(() => Effect.void)),
      })
      const { endpoint } = yield* server.listen("127.0.0.1:0")
      yield* Testing.dialPeer(endpoint)
      yield* pass(200)
      expect(yield* b.rooms.members("lobby")).toMatchObject([{ node: "a" }])
      yield* Scope.close(scope, Exit.void)
      yield* pass(200)
      expect(yield* b.rooms.members("lobby")).toEqual([])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
