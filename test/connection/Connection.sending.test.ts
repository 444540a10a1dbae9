import { describe, expect } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { Framing } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { utf8 } from "../support/texts.ts"

describe("a connection", () => {
  overEachTransport("sends a text in UTF-8 with sendText, and refuses a text that is not one frame", () =>
    Effect.gen(function* () {
      const { connect } = yield* Testing.serve({ handler: Handler.echo(), settings: { frame: Framing.line } })
      const connection = yield* connect()
      yield* connection.sendText("grüße 你好")
      expect(yield* Testing.receiveText(connection)).toBe("grüße 你好")
      expect(yield* Effect.flip(connection.sendText("two\nlines"))).toMatchObject({ _tag: "InvalidPayloadError" })
      yield* connection.close
      expect(yield* Effect.flip(connection.sendText("late"))).toMatchObject({ _tag: "ConnectionClosedError" })
    }),
  )

  overEachTransport("tries to send with trySend, which sends nothing and never waits above the outbox", () =>
    Effect.gen(function* () {
      const open = yield* Deferred.make<void>()
      const counted = yield* Deferred.make<number>()
      const { connect } = yield* Testing.serve({
        handler: (peer) =>
          Effect.gen(function* () {
            yield* Deferred.await(open)
            yield* Deferred.succeed(counted, (yield* Testing.receiveAll(peer)).length)
          }),
      })
      const connection = yield* connect({ outbox: 1024 })
      const piece = new Uint8Array(64 * 1024)
      let sent = 0
      while (yield* connection.trySend(piece)) sent++
      const before = yield* connection.pending
      expect(before).toBeGreaterThan(1024)
      expect([yield* connection.trySend(piece), yield* connection.pending]).toEqual([false, before])
      yield* Deferred.succeed(open, undefined)
      yield* connection.drained
      expect(yield* connection.trySend(piece)).toBe(true)
      yield* connection.close
      expect(yield* Deferred.await(counted)).toBe((sent + 1) * piece.length)
      expect(yield* Effect.flip(connection.trySend(piece))).toMatchObject({ _tag: "ConnectionClosedError" })
    }),
  )

  overEachTransport("refuses a payload in trySend that is not one frame", () =>
    Effect.gen(function* () {
      const { connect } = yield* Testing.serve({ handler: Handler.echo(), settings: { frame: Framing.line } })
      const connection = yield* connect()
      expect(yield* Effect.flip(connection.trySend(utf8("a\nb")))).toMatchObject({ _tag: "InvalidPayloadError" })
    }),
  )
})
