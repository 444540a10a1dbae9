import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { Framing } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { string, utf8 } from "../support/texts.ts"

const lines = { frame: Framing.line }

describe("respond", () => {
  overEachTransport("answers each payload with the result of an effect, in order", () =>
    Effect.gen(function* () {
      const handler = Handler.respond((line) => Effect.as(Effect.yieldNow(), utf8(string(line).toUpperCase())))
      const { connect } = yield* Testing.serve({ handler, settings: lines })
      const connection = yield* connect()
      yield* Effect.forEach(["a", "b", "c"], (text) => connection.send(utf8(text)))
      const replies = yield* Effect.replicateEffect(Testing.receiveText(connection), 3)
      expect(replies).toEqual(["A", "B", "C"])
      yield* connection.halfClose
      expect(yield* Testing.receiveText(connection)).toBeUndefined()
    }),
  )

  it.scoped("sends no reply for undefined", () =>
    Effect.gen(function* () {
      const handler = Handler.respond((line) => Effect.succeed(line.length === 0 ? undefined : line))
      const { connect } = yield* Testing.serve({ handler, settings: lines })
      const connection = yield* connect()
      yield* Effect.forEach(["", "a", "", "b"], (text) => connection.send(utf8(text)))
      expect(yield* Effect.replicateEffect(Testing.receiveText(connection), 2)).toEqual(["a", "b"])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("runs several effects at once, and keeps the order of the replies", () =>
    Effect.gen(function* () {
      const first = yield* Deferred.make<void>()
      const running: Array<string> = []
      const handler = Handler.respond(
        (line) =>
          Effect.gen(function* () {
            running.push(string(line))
            // The second effect ends the first one, so both must run.
            yield* string(line) === "first" ? Deferred.await(first) : Deferred.succeed(first, undefined)
            return line
          }),
        { concurrency: 2 },
      )
      const { connect } = yield* Testing.serve({ handler, settings: lines })
      const connection = yield* connect()
      yield* Effect.forEach(["first", "second"], (text) => connection.send(utf8(text)))
      expect(yield* Effect.replicateEffect(Testing.receiveText(connection), 2)).toEqual(["first", "second"])
      expect(running).toEqual(["first", "second"])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  for (const concurrency of [1, 4]) {
    it.scoped(`turns a failure into a reply, and goes on (concurrency ${concurrency})`, () =>
      Effect.gen(function* () {
        const handler = Handler.respond(
          (line) => (line.length > 3 ? Effect.fail({ problem: "too long" }) : Effect.succeed(line)),
          { concurrency, onError: ({ problem }, line) => Effect.succeed(utf8(`ERR ${string(line)}: ${problem}`)) },
        )
        const { connect } = yield* Testing.serve({ handler, settings: lines })
        const connection = yield* connect()
        yield* Effect.forEach(["a", "long", "b"], (text) => connection.send(utf8(text)))
        expect(yield* Effect.replicateEffect(Testing.receiveText(connection), 3)).toEqual([
          "a",
          "ERR long: too long",
          "b",
        ])
      }).pipe(Effect.provide(MemoryTransport.layer())),
    )
  }

  it.scoped("ends the connection with the failure when no reply is made of it", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({
        handler: Handler.respond(() => Effect.fail("no luck" as const)),
        settings: lines,
      })
      const connection = yield* connect()
      yield* connection.send(utf8("a"))
      const { reason } = yield* events.one("ConnectionClosed")
      expect(reason).toMatchObject({ _tag: "HandlerFailed", message: "no luck" })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
