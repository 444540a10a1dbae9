import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { Framing } from "../../src/domain/index.ts"
import { type PresenceEvent, Rooms } from "../../src/rooms/index.ts"
import type { ServerConnection } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { chat, line, Nick, tags } from "../support/roomChat.ts"
import { utf8 } from "../support/texts.ts"

const overMemory = Effect.provide(MemoryTransport.layer())

describe("members of rooms", () => {
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
      yield* Testing.receiveText(ann)
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
      const { connect } = yield* Testing.serve({
        handler: (connection) => Effect.zipRight(Queue.offer(accepted, connection), connection.closed),
        settings: { frame: Framing.line },
      })
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
        yield* Testing.receiveText(peer)
        yield* Testing.receiveText(peer)
      }
      expect(tags(yield* pull)).toEqual([["Snapshot", "n1"]])
    }).pipe(overMemory),
  )
})
