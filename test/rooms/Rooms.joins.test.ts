import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as TestClock from "effect/TestClock"
import { Framing } from "../../src/domain/index.ts"
import { Rooms } from "../../src/rooms/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { chat, line, Nick } from "../support/roomChat.ts"
import { utf8 } from "../support/texts.ts"

const overMemory = Effect.provide(MemoryTransport.layer())

describe("joins of rooms", () => {
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
      yield* Testing.receiveText(ann)
      yield* ann.send(utf8("+large"))
      expect(yield* Queue.take(problems)).toMatchObject({ _tag: "AlreadyInRoomError", room: "large", id: 1 })
      expect((yield* rooms.members("large")).length).toBe(1)
      yield* ann.send(utf8("-large"))
      yield* Testing.receiveText(ann)
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
      expect(yield* Testing.receiveText(other)).toBe("in other")
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
      expect(yield* Testing.receiveText(bob)).toBe("in a")
      expect(yield* rooms.members("a")).toMatchObject([{ id: 2 }])
    }).pipe(overMemory),
  )

  it.scopedLive("refuse a value that does not fit the schema of members", () =>
    Effect.gen(function* () {
      const rooms = yield* Rooms.make({ ...line, member: Nick })
      const refused = yield* Queue.unbounded<unknown>()
      const { connect } = yield* Testing.serve({
        handler: (connection) =>
          Effect.flatMap(Effect.flip(rooms.join(connection, "a", { member: { nick: "" } })), (error) =>
            Queue.offer(refused, error),
          ),
        settings: { frame: Framing.line },
      })
      yield* connect()
      expect(String(yield* Queue.take(refused))).toContain("nick")
      expect(yield* rooms.names).toEqual([])
    }).pipe(overMemory),
  )
})
