import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Framing } from "../../src/domain/index.ts"
import { Hub } from "../../src/hub/index.ts"
import type { ServerConnection } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"

const line = { frame: Framing.line }
const piece = new Uint8Array(64 * 1024).fill(97)
const budgetBytes = 1024 * 1024

const ways = [
  ["sendAll", (connection: ServerConnection, frames: Stream.Stream<Uint8Array, unknown>) => connection.sendAll(frames)],
  [
    "send, frame by frame",
    (connection: ServerConnection, frames: Stream.Stream<Uint8Array, unknown>) =>
      Stream.runForEach(frames, connection.send),
  ],
] as const

describe("a handler that feeds its peer from its own hub", () => {
  for (const [way, feed] of ways) {
    overEachTransport(`with ${way}: a peer that never reads is closed with SlowConsumer, and the others get all`, () =>
      Effect.gen(function* () {
        const hub = yield* Hub.make({ framing: Framing.line, budgetBytes })
        const { connect, events } = yield* Testing.serve({
          handler: (connection) =>
            Effect.flatMap(hub.subscribe(), (frames) =>
              feed(
                connection,
                Stream.map(frames, ({ bytes }) => bytes),
              ),
            ),
          settings: line,
        })
        const deaf = yield* connect({ inbox: 1 })
        const reads = yield* connect()
        const total = 400
        const reading = yield* Effect.fork(Stream.runDrain(Stream.take(reads.frames, total)))
        for (let sent = 0; sent < total; sent++) yield* hub.publish(piece)
        const closed = yield* events.one("ConnectionClosed")
        expect(closed).toMatchObject({ id: 1, reason: { _tag: "SlowConsumer", budgetBytes } })
        yield* reading.await
        expect((yield* Effect.exit(Stream.runDrain(deaf.frames)))._tag).toBe("Failure")
        expect((yield* hub.stats).subscribers).toBe(1)
      }),
    )
  }

  overEachTransport("and fails with a lagging subscription ends with SlowConsumer, whatever it was doing", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make({ framing: Framing.line, budgetBytes: 100 })
      const { connect, events } = yield* Testing.serve({
        handler: (connection) =>
          Effect.gen(function* () {
            const frames = yield* hub.subscribe()
            yield* connection.receive
            for (let sent = 0; sent < 10; sent++) yield* hub.publish(piece)
            yield* Stream.runDrain(frames)
          }),
        settings: line,
      })
      const peer = yield* connect()
      yield* peer.send(piece)
      expect(yield* events.one("ConnectionClosed")).toMatchObject({
        reason: { _tag: "SlowConsumer", budgetBytes: 100 },
      })
    }),
  )
})
