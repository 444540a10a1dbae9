import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Codec, Framing } from "../../src/domain/index.ts"
import { type PresenceEvent, type RoomMembership, Rooms, type RoomsService } from "../../src/rooms/index.ts"
import type { ServerConnection } from "../../src/server/index.ts"
import { nextTurn, turns } from "../../src/testing/turns.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { overEachTransport, receiveText, serving, string, utf8 } from "../support/serving.ts"

const line = { framing: Framing.line }
const Nick = Schema.Struct({ nick: Schema.NonEmptyString })
type Nick = typeof Nick.Type

/** A server whose connections join rooms by commands: `+ROOM` joins, `-ROOM` leaves, other lines go to all rooms. */
const chat = (rooms: RoomsService<Nick>) =>
  Effect.gen(function* () {
    const problems = yield* Queue.unbounded<unknown>()
    const handler = (connection: ServerConnection) => {
      const joined = new Map<string, RoomMembership<Nick>>()
      return connection.runForEach((bytes) => {
        const text = string(bytes)
        const name = text.slice(1)
        if (text.startsWith("+")) {
          return rooms.join(connection, name, { member: { nick: `n${connection.id}` } }).pipe(
            Effect.flatMap((room) => {
              joined.set(name, room)
              return connection.send(utf8(`in ${name}`))
            }),
            Effect.catchAll((problem) => Queue.offer(problems, problem)),
          )
        }
        if (text.startsWith("-")) {
          return Effect.zipRight(joined.get(name)?.leave ?? Effect.void, connection.send(utf8(`left ${name}`)))
        }
        return Effect.forEach(joined.values(), (room) => room.publishAs(Codec.text, `${room.room}: ${text}`), {
          discard: true,
        }).pipe(Effect.catchTag("MembershipEndedError", (problem) => Queue.offer(problems, problem)))
      })
    }
    const served = yield* serving(handler, { frame: Framing.line })
    const connect = (...names: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        const peer = yield* served.connect()
        for (const name of names) {
          yield* peer.send(utf8(`+${name}`))
          expect(yield* receiveText(peer)).toBe(`in ${name}`)
        }
        return peer
      })
    return { ...served, connect, problems }
  })

const overMemory = Effect.provide(MemoryTransport.layer())
const tagged = (event: PresenceEvent<Nick>): ReadonlyArray<string> => {
  switch (event._tag) {
    case "Snapshot":
      return ["Snapshot", ...event.members.map(({ member }) => member.nick)]
    case "Joined":
      return ["Joined", event.joined.member.nick]
    case "Changed":
      return ["Changed", event.before.nick, event.changed.member.nick]
    case "Left":
      return ["Left", event.left.member.nick]
  }
}
const tags = (events: Iterable<PresenceEvent<Nick>>) => Array.from(events, tagged)

describe("rooms", () => {
  overEachTransport("deliver to the others of a room, to nobody else, and not to the publisher", () =>
    Effect.gen(function* () {
      const rooms = yield* Rooms.make({ ...line, member: Nick })
      const { connect } = yield* chat(rooms)
      const ann = yield* connect("a")
      const both = yield* connect("a", "b")
      const bob = yield* connect("b")
      yield* ann.send(utf8("one"))
      expect(yield* receiveText(both)).toBe("a: one")
      yield* both.send(utf8("two"))
      expect(yield* receiveText(ann)).toBe("a: two")
      expect(yield* receiveText(bob)).toBe("b: two")
      yield* rooms.publishAs("b", Codec.text, "from the program")
      expect(yield* receiveText(both)).toBe("from the program")
      expect(yield* receiveText(bob)).toBe("from the program")
    }),
  )

  it.scopedLive("exist from the first join or subscription until nothing uses them", () =>
    Effect.gen(function* () {
      const rooms = yield* Rooms.make({ ...line, member: Nick })
      const { connect, events } = yield* chat(rooms)
      yield* rooms.publishTo("nobody", utf8("dropped"))
      expect(yield* rooms.names).toEqual([])
      const scope = yield* Scope.make()
      yield* Scope.extend(rooms.subscribe("watched"), scope)
      const peer = yield* connect("a", "b")
      expect(yield* rooms.names).toEqual(["watched", "a", "b"])
      yield* peer.send(utf8("-a"))
      expect(yield* receiveText(peer)).toBe("left a")
      expect(yield* rooms.names).toEqual(["watched", "b"])
      yield* Scope.close(scope, Exit.void)
      expect(yield* rooms.names).toEqual(["b"])
      yield* peer.close
      yield* events.one("ConnectionClosed")
      expect(yield* rooms.names).toEqual([])
    }).pipe(overMemory),
  )

  it.scopedLive("refuse a second join of a connection, and a join that the program refuses, with the reason", () =>
    Effect.gen(function* () {
      const rooms = yield* Rooms.make({
        ...line,
        member: Nick,
        admit: ({ room, size }) => (room === "small" && size >= 1 ? Effect.fail("the room is full") : Effect.void),
      })
      const { connect, problems } = yield* chat(rooms)
      const ann = yield* connect("small")
      const bob = yield* connect()
      yield* bob.send(utf8("+small"))
      const full = yield* Queue.take(problems)
      expect(full).toMatchObject({ _tag: "JoinRefusedError", room: "small", id: 2, reason: "the room is full" })
      expect(String(full)).toContain("connection #2 cannot join the room small: the room is full")
      yield* ann.send(utf8("+small"))
      expect(yield* Queue.take(problems)).toMatchObject({ _tag: "AlreadyInRoomError", room: "small", id: 1 })
      yield* ann.send(utf8("+large"))
      yield* receiveText(ann)
      yield* ann.send(utf8("+large"))
      expect(yield* Queue.take(problems)).toMatchObject({ _tag: "AlreadyInRoomError", room: "large", id: 1 })
      expect((yield* rooms.members("large")).length).toBe(1)
      yield* ann.send(utf8("-large"))
      yield* receiveText(ann)
      yield* ann.send(utf8("hello"))
      expect(yield* Queue.take(problems)).toMatchObject({ _tag: "MembershipEndedError", id: 1 })
    }).pipe(overMemory),
  )

  it.scopedLive("admit one connection of a room at a time, so joins at once do not exceed a limit", () =>
    Effect.gen(function* () {
      const asked = yield* Queue.unbounded<readonly [string, number]>()
      const answer = yield* Queue.unbounded<void>()
      const rooms = yield* Rooms.make({
        ...line,
        member: Nick,
        admit: ({ room, size }) =>
          Queue.offer(asked, [room, size]).pipe(
            Effect.zipRight(Queue.take(answer)),
            Effect.zipRight(size < 1 ? Effect.void : Effect.fail("the room is full")),
          ),
      })
      const { connect, problems } = yield* chat(rooms)
      const peers = yield* Effect.replicateEffect(connect(), 3)
      for (const peer of peers) yield* peer.send(utf8("+small"))
      expect(yield* Queue.take(asked)).toEqual(["small", 0])
      const other = yield* connect()
      yield* other.send(utf8("+other"))
      expect(yield* Queue.take(asked)).toEqual(["other", 0])
      yield* turns(10)
      expect(yield* Queue.size(asked)).toBe(0)
      for (let join = 0; join < 4; join++) yield* Queue.offer(answer, undefined)
      expect(yield* receiveText(other)).toBe("in other")
      expect(yield* Effect.replicateEffect(Queue.take(problems), 2)).toMatchObject([
        { _tag: "JoinRefusedError", room: "small" },
        { _tag: "JoinRefusedError", room: "small" },
      ])
      expect(yield* Queue.takeAll(asked)).toEqual(Chunk.make(["small", 1], ["small", 1]))
      expect((yield* rooms.members("small")).length).toBe(1)
    }).pipe(overMemory),
  )

  it.scoped("admit the next connection when a handler is interrupted while the program decides", () =>
    Effect.gen(function* () {
      const asked = yield* Queue.unbounded<number>()
      const rooms = yield* Rooms.make({
        ...line,
        member: Nick,
        admit: ({ id }) => Effect.zipRight(Queue.offer(asked, id), id === 1 ? Effect.never : Effect.void),
      })
      const { connect, events } = yield* chat(rooms)
      const ann = yield* connect()
      yield* ann.send(utf8("+a"))
      expect(yield* Queue.take(asked)).toBe(1)
      const bob = yield* connect()
      yield* bob.send(utf8("+a"))
      yield* ann.reset
      yield* events.one("ConnectionClosed")
      yield* TestClock.adjust("6 seconds")
      expect(yield* receiveText(bob)).toBe("in a")
      expect(yield* rooms.members("a")).toMatchObject([{ id: 2 }])
    }).pipe(overMemory),
  )

  it.scopedLive("refuse a value that does not fit the schema of members", () =>
    Effect.gen(function* () {
      const rooms = yield* Rooms.make({ ...line, member: Nick })
      const refused = yield* Queue.unbounded<unknown>()
      const { connect } = yield* serving(
        (connection) =>
          Effect.flatMap(Effect.flip(rooms.join(connection, "a", { member: { nick: "" } })), (error) =>
            Queue.offer(refused, error),
          ),
        { frame: Framing.line },
      )
      yield* connect()
      expect(String(yield* Queue.take(refused))).toContain("nick")
      expect(yield* rooms.names).toEqual([])
    }).pipe(overMemory),
  )

  it.scopedLive("list their members, and stream a snapshot and then who joins and leaves", () =>
    Effect.gen(function* () {
      const rooms = yield* Rooms.make({ ...line, member: Nick })
      const { connect } = yield* chat(rooms)
      const ann = yield* connect("a")
      const seen = yield* Queue.unbounded<PresenceEvent<Nick>>()
      yield* Effect.forkScoped(Stream.runForEach(rooms.presence("a"), (event) => Queue.offer(seen, event)))
      expect(tags([yield* Queue.take(seen)])).toEqual([["Snapshot", "n1"]])
      const bob = yield* connect("a")
      expect(yield* rooms.members("a")).toMatchObject([
        { id: 1, member: { nick: "n1" } },
        { id: 2, member: { nick: "n2" } },
      ])
      yield* ann.send(utf8("-a"))
      yield* receiveText(ann)
      yield* bob.reset
      expect(tags(yield* Effect.replicateEffect(Queue.take(seen), 3))).toEqual([
        ["Joined", "n2"],
        ["Left", "n1"],
        ["Left", "n2"],
      ])
      expect(yield* rooms.members("a")).toEqual([])
      expect(yield* rooms.names).toEqual(["a"])
    }).pipe(overMemory),
  )

  it.scopedLive("show the new value of a member that changes it, and refuse one that does not fit the schema", () =>
    Effect.gen(function* () {
      const rooms = yield* Rooms.make({ ...line, member: Nick })
      const accepted = yield* Queue.unbounded<ServerConnection>()
      const { connect } = yield* serving(
        (connection) => Effect.zipRight(Queue.offer(accepted, connection), connection.closed),
        { frame: Framing.line },
      )
      const join = (nick: string) =>
        Effect.gen(function* () {
          const connection = yield* Effect.zipRight(connect(), Queue.take(accepted))
          return { connection, membership: yield* rooms.join(connection, "a", { member: { nick } }) }
        })
      const { connection, membership: ann } = yield* join("ann")
      yield* join("bob")
      const seen = yield* Queue.unbounded<PresenceEvent<Nick>>()
      yield* Effect.forkScoped(Stream.runForEach(rooms.presence("a"), (event) => Queue.offer(seen, event)))
      yield* Queue.take(seen)
      yield* ann.update({ nick: "anna" })
      expect(ann.member).toEqual({ nick: "anna" })
      const invalid = yield* Effect.flip(ann.update({ nick: "" }))
      expect(invalid).toMatchObject({ _tag: "InvalidMemberError", room: "a", id: 1 })
      expect(invalid.message).toBe(
        'connection #1 cannot change its value in the room a: nick: Expected a non empty string, actual ""',
      )
      expect(yield* rooms.members("a")).toEqual([
        { id: 1, member: { nick: "anna" } },
        { id: 2, member: { nick: "bob" } },
      ])
      yield* ann.leave
      yield* rooms.join(connection, "a", { member: { nick: "again" } })
      expect(yield* Effect.flip(ann.update({ nick: "late" }))).toMatchObject({ _tag: "MembershipEndedError", id: 1 })
      expect(tags(yield* Effect.replicateEffect(Queue.take(seen), 3))).toEqual([
        ["Changed", "ann", "anna"],
        ["Left", "anna"],
        ["Joined", "again"],
      ])
    }).pipe(overMemory),
  )

  it.scopedLive("give a new snapshot to a reader of the presence that is too slow", () =>
    Effect.gen(function* () {
      const rooms = yield* Rooms.make({ ...line, member: Nick })
      const { connect } = yield* chat(rooms)
      const peer = yield* connect("a")
      const pull = yield* Stream.toPull(rooms.presence("a"))
      expect(tags(yield* pull)).toEqual([["Snapshot", "n1"]])
      for (let change = 0; change < 600; change++) {
        yield* peer.send(utf8("-a"))
        yield* peer.send(utf8("+a"))
        yield* receiveText(peer)
        yield* receiveText(peer)
      }
      expect(tags(yield* pull)).toEqual([["Snapshot", "n1"]])
    }).pipe(overMemory),
  )

  it.scopedLive("deliver to programs that subscribe, decoded, without closing for a message that does not decode", () =>
    Effect.gen(function* () {
      const rooms = yield* Rooms.make({ ...line, member: Nick })
      const Said = Codec.json(Schema.Struct({ said: Schema.String }))
      const invalid = yield* Queue.unbounded<unknown>()
      const said = yield* rooms.subscribeAs("a", Said, { onInvalid: (error) => Queue.offer(invalid, error) })
      yield* rooms.publishTo("a", utf8("no json"))
      yield* rooms.publishAs("a", Said, { said: "hello" })
      expect(Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(said, 1)))).toEqual([{ said: "hello" }])
      expect(yield* Queue.take(invalid)).toMatchObject({ _tag: "CodecError" })
      expect(yield* Effect.flip(rooms.publishTo("a", utf8("two\nlines")))).toMatchObject({
        _tag: "InvalidPayloadError",
      })
    }),
  )

  it.scopedLive("end with their scope: streams end, and connections stay open", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const rooms = yield* Scope.extend(Rooms.make({ ...line, member: Nick }), scope)
      const { connect } = yield* chat(rooms)
      const peer = yield* connect("a")
      const stream = yield* Effect.fork(Effect.scoped(Effect.flatMap(rooms.subscribe("a"), Stream.runCollect)))
      const presence = yield* Effect.fork(Stream.runCollect(rooms.presence("a")))
      yield* nextTurn
      yield* rooms.publishTo("a", utf8("last"))
      yield* Scope.close(scope, Exit.void)
      expect(yield* receiveText(peer)).toBe("last")
      expect(Array.from(yield* Fiber.join(stream), ({ bytes }) => string(bytes))).toEqual(["last"])
      expect(tags(yield* Fiber.join(presence))).toEqual([
        ["Snapshot", "n1"],
        ["Left", "n1"],
      ])
      yield* peer.send(utf8("+b"))
      expect(yield* receiveText(peer)).toBe("in b")
      expect(yield* rooms.names).toEqual([])
    }).pipe(overMemory),
  )
})
