import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Codec } from "../../src/domain/index.ts"
import { Rooms } from "../../src/rooms/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { nextTurn } from "../../src/testing/turns.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { chat, line, Nick, tags } from "../support/roomChat.ts"
import { string, utf8 } from "../support/texts.ts"

const overMemory = Effect.provide(MemoryTransport.layer())

describe("rooms", () => {
  overEachTransport("deliver to the others of a room, to nobody else, and not to the publisher", () =>
    Effect.gen(function* () {
      const rooms = yield* Rooms.make({ ...line, member: Nick })
      const { connect } = yield* chat(rooms)
      const ann = yield* connect("a")
      const both = yield* connect("a", "b")
      const bob = yield* connect("b")
      yield* ann.send(utf8("one"))
      expect(yield* Testing.receiveText(both)).toBe("a: one")
      yield* both.send(utf8("two"))
      expect(yield* Testing.receiveText(ann)).toBe("a: two")
      expect(yield* Testing.receiveText(bob)).toBe("b: two")
      yield* rooms.publishAs("b", Codec.text, "from the program")
      expect(yield* Testing.receiveText(both)).toBe("from the program")
      expect(yield* Testing.receiveText(bob)).toBe("from the program")
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
      expect(yield* Testing.receiveText(peer)).toBe("left a")
      expect(yield* rooms.names).toEqual(["watched", "b"])
      yield* Scope.close(scope, Exit.void)
      expect(yield* rooms.names).toEqual(["b"])
      yield* peer.close
      yield* events.one("ConnectionClosed")
      expect(yield* rooms.names).toEqual([])
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
      expect(yield* Testing.receiveText(peer)).toBe("last")
      expect(Array.from(yield* Fiber.join(stream), ({ bytes }) => string(bytes))).toEqual(["last"])
      expect(tags(yield* Fiber.join(presence))).toEqual([
        ["Snapshot", "n1"],
        ["Left", "n1"],
      ])
      yield* peer.send(utf8("+b"))
      expect(yield* Testing.receiveText(peer)).toBe("in b")
      expect(yield* rooms.names).toEqual([])
    }).pipe(overMemory),
  )
})
