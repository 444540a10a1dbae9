import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Codec, Framing } from "../../src/domain/index.ts"
import { Messages } from "../../src/protocol/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { utf8 } from "../support/texts.ts"

const numbers = { receive: Codec.json(Schema.Number), send: Codec.json(Schema.Number) }
const lines = { frame: Framing.line }

describe("the messages of a connection", () => {
  overEachTransport("are decoded and encoded by its codecs", () =>
    Effect.gen(function* () {
      const { connect } = yield* Testing.serve({ handler: Handler.echo(), settings: lines })
      const messages = Messages.of(yield* connect(), numbers)
      yield* messages.send(1)
      yield* messages.sendNow(2)
      expect(Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(messages.messages, 2)))).toEqual([1, 2])
    }),
  )

  it.scoped("end with a typed error at a payload that the codec cannot decode, after the messages before it", () =>
    Effect.gen(function* () {
      const { connect } = yield* Testing.serve({
        handler: (connection) => Effect.zipRight(connection.send(utf8("7")), connection.send(utf8("x"))),
        settings: lines,
      })
      const messages = Messages.of(yield* connect(), numbers)
      const seen: Array<number> = []
      const error = yield* Effect.flip(messages.runForEach((message) => Effect.sync(() => seen.push(message))))
      expect(seen).toEqual([7])
      expect(error._tag).toBe("CodecError")
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("of `runForEach` stay in order when only some of them need an effect", () =>
    Effect.gen(function* () {
      const { connect } = yield* Testing.serve({ handler: Handler.echo(), settings: lines })
      const connection = yield* connect()
      const messages = Messages.of(connection, numbers)
      const seen: Array<number> = []
      const reader = yield* Effect.fork(
        messages.runForEach((message) => {
          if (message % 3 === 0)
            return Effect.zipRight(
              Effect.yieldNow(),
              Effect.sync(() => seen.push(message)),
            )
          seen.push(message)
          return Effect.void
        }),
      )
      const sent = Array.from({ length: 100 }, (_, index) => index)
      for (const message of sent) yield* messages.send(message)
      yield* connection.halfClose
      yield* Fiber.join(reader)
      expect(seen).toEqual(sent)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("of `runForEach` fail the program, and not the connection, when its function throws", () =>
    Effect.gen(function* () {
      const { connect } = yield* Testing.serve({ handler: Handler.echo(), settings: lines })
      const messages = Messages.of(yield* connect(), numbers)
      const wrong = new Error("wrong")
      const reader = yield* Effect.fork(
        Effect.exit(
          messages.runForEach((): Effect.Effect<void> => {
            throw wrong
          }),
        ),
      )
      yield* messages.send(1)
      expect(yield* Fiber.join(reader)).toEqual(Exit.die(wrong))
      yield* messages.send(2)
      expect(yield* messages.receive).toEqual(Option.some(2))
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("end with success at the FIN of the peer", () =>
    Effect.gen(function* () {
      const { connect } = yield* Testing.serve({ handler: (connection) => connection.send(utf8("7")), settings: lines })
      const messages = Messages.of(yield* connect(), numbers)
      expect(Chunk.toReadonlyArray(yield* Stream.runCollect(messages.messages))).toEqual([7])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("send nothing of a message that the codec cannot encode", () =>
    Effect.gen(function* () {
      const { connect } = yield* Testing.serve({ handler: Handler.echo(), settings: lines })
      const whole = Codec.json(Schema.Int)
      const messages = Messages.of(yield* connect(), { receive: whole, send: whole })
      expect((yield* Effect.flip(messages.send(0.5)))._tag).toBe("CodecError")
      yield* messages.send(3)
      expect(Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(messages.messages, 1)))).toEqual([3])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
