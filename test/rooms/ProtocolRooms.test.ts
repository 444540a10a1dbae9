import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Codec, Framing } from "../../src/domain/index.ts"
import { ProtocolRooms } from "../../src/rooms/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { string, utf8 } from "../support/texts.ts"

const Said = Schema.Struct({ from: Schema.Int, text: Schema.String })
const json = Codec.json(Said)

/** The protocol of the tests. It counts the messages that it encodes. */
const counted = () => {
  const count = { encoded: 0 }
  const toClient: Codec.Codec<typeof Said.Type> = {
    ...json,
    encode: (message) => {
      count.encoded++
      return json.encode(message)
    },
  }
  return { count, protocol: { framing: Framing.line, toClient } }
}

describe("rooms of a protocol", () => {
  it.scopedLive("encode each message once, and give it to members and programs", () =>
    Effect.gen(function* () {
      const { count, protocol } = counted()
      const rooms = yield* ProtocolRooms.make(protocol)
      const { connect } = yield* Testing.serve({
        handler: (connection) =>
          Effect.gen(function* () {
            const room = yield* rooms.join(connection, "a")
            yield* connection.send(utf8("joined"))
            yield* connection.runForEach((line) => room.publish({ from: connection.id, text: string(line) }))
          }),
        settings: { frame: Framing.line },
      })
      const heard = yield* rooms.subscribe("a")
      const peers = yield* Effect.replicateEffect(connect(), 5)
      for (const peer of peers) expect(yield* Testing.receiveText(peer)).toBe("joined")
      const [first, ...others] = peers
      if (first === undefined) return
      yield* first.send(utf8("hello"))
      for (const peer of others) expect(yield* Testing.receiveText(peer)).toBe('{"from":1,"text":"hello"}')
      yield* rooms.publish("a", { from: 0, text: "to all" })
      for (const peer of peers) expect(yield* Testing.receiveText(peer)).toBe('{"from":0,"text":"to all"}')
      expect(count.encoded).toBe(2)
      expect(Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(heard, 2)))).toEqual([
        { from: 1, text: "hello" },
        { from: 0, text: "to all" },
      ])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scopedLive("show the new value of a member that changes it", () =>
    Effect.gen(function* () {
      const { protocol } = counted()
      const rooms = yield* ProtocolRooms.make(protocol, { member: Schema.NonEmptyString })
      const { connect } = yield* Testing.serve({
        handler: (connection) =>
          Effect.gen(function* () {
            const room = yield* rooms.join(connection, "a", { member: "ann" })
            yield* room.update("anna")
            yield* connection.send(utf8(room.member))
          }),
        settings: { frame: Framing.line },
      })
      const presence = yield* Stream.toPull(rooms.presence("a"))
      yield* presence
      expect(yield* Testing.receiveText(yield* connect())).toBe("anna")
      expect(Chunk.toReadonlyArray(yield* presence).slice(0, 2)).toEqual([
        { _tag: "Joined", joined: { id: 1, member: "ann" } },
        { _tag: "Changed", changed: { id: 1, member: "anna" }, before: "ann" },
      ])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("fail for a message that the codec refuses, and send nothing", () =>
    Effect.gen(function* () {
      const { protocol } = counted()
      const rooms = yield* ProtocolRooms.make(protocol)
      const heard = yield* rooms.subscribe("a")
      const refused = yield* Effect.either(rooms.publish("a", { from: 0.5, text: "" }))
      expect(Either.isLeft(refused) && refused.left._tag).toBe("CodecError")
      yield* rooms.publish("a", { from: 1, text: "next" })
      expect(Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(heard, 1)))).toEqual([
        { from: 1, text: "next" },
      ])
    }),
  )
})
