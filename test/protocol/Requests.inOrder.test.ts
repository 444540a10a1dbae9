import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Framing } from "../../src/domain/index.ts"
import { Messages, Requests, RequestTimeout } from "../../src/protocol/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { inOrder, received, texts } from "../support/scriptedRequests.ts"
import { utf8 } from "../support/texts.ts"

const memory = MemoryTransport.layer()

describe("requests in order", () => {
  overEachTransport("get the replies in the order of the requests", () =>
    Effect.gen(function* () {
      const { connect } = yield* Testing.serve({ handler: Handler.echo(), settings: { frame: Framing.line } })
      const requests = yield* Requests.make(Messages.of(yield* connect(), texts), {
        correlate: "fifo",
        timeout: "10 seconds",
      })
      const asks = Array.from({ length: 1000 }, (_, index) => `${index}`)
      expect(yield* Effect.forEach(asks, (ask) => requests.request(ask), { concurrency: "unbounded" })).toEqual(asks)
      expect(yield* requests.state).toEqual({ inFlight: 0, waiting: 0, rest: 0, restDropped: 0, lateReplies: 0 })
    }),
  )

  it.scoped("do not get the late reply to a request that timed out or was interrupted", () =>
    Effect.gen(function* () {
      const { peer, requests } = yield* inOrder()
      const slow = yield* Effect.fork(Effect.flip(requests.request("slow", undefined, { timeout: "100 millis" })))
      const interrupted = yield* Effect.fork(requests.request("interrupted"))
      const next = yield* Effect.fork(requests.request("next"))
      yield* received(peer, 3)
      yield* TestClock.adjust("100 millis")
      expect(yield* Fiber.join(slow)).toEqual(new RequestTimeout({ timeoutMillis: 100, sent: true }))
      yield* Fiber.interrupt(interrupted)
      expect((yield* requests.state).inFlight).toBe(3)
      yield* Effect.forEach(["slow", "interrupted", "next"], (text) => peer.send(utf8(`re: ${text}`)))
      expect(yield* Fiber.join(next)).toBe("re: next")
      expect(yield* requests.state).toMatchObject({ inFlight: 0, lateReplies: 2, rest: 0 })
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("leave messages that the first request does not accept in the rest", () =>
    Effect.gen(function* () {
      const { peer, requests } = yield* inOrder()
      const isReply = (text: string) => !text.startsWith("!")
      yield* peer.send(utf8("!before"))
      const asked = yield* Effect.fork(requests.request("ask", isReply))
      yield* received(peer, 1)
      yield* peer.send(utf8("!while"))
      yield* peer.send(utf8("reply"))
      expect(yield* Fiber.join(asked)).toBe("reply")
      const rest = yield* Stream.runCollect(Stream.take(requests.rest, 2))
      expect(Chunk.toReadonlyArray(rest)).toEqual(["!before", "!while"])
    }).pipe(Effect.provide(memory)),
  )
})
