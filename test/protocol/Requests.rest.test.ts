import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { MemoryTransport } from "../../src/transport/index.ts"
import { inOrder, received } from "../support/scriptedRequests.ts"
import { utf8 } from "../support/texts.ts"

const memory = MemoryTransport.layer()

describe("the rest of the messages", () => {
  it.scoped("that a reader has not taken goes to the next reader", () =>
    Effect.gen(function* () {
      const { peer, requests } = yield* inOrder()
      yield* Effect.forEach(["1", "2", "3", "4"], (text) => peer.send(utf8(text)))
      const asked = yield* Effect.fork(requests.request("ask", (text) => text === "reply"))
      yield* received(peer, 1)
      yield* peer.send(utf8("reply"))
      yield* Fiber.join(asked)
      const taken: Array<ReadonlyArray<string>> = []
      for (const count of [1, 2, 1]) {
        taken.push(Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(requests.rest, count))))
      }
      expect(taken).toEqual([["1"], ["2", "3"], ["4"]])
      expect(yield* requests.state).toMatchObject({ rest: 0, restDropped: 0 })
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("drops the oldest messages without a reader, and counts them", () =>
    Effect.gen(function* () {
      const { peer, requests } = yield* inOrder({ restCapacity: 2 })
      yield* Effect.forEach(["1", "2", "3", "4", "5"], (text) => peer.send(utf8(text)))
      const asked = yield* Effect.fork(requests.request("ask", (text) => text === "reply"))
      yield* received(peer, 1)
      yield* peer.send(utf8("reply"))
      yield* Fiber.join(asked)
      expect(yield* requests.state).toMatchObject({ rest: 2, restDropped: 3 })
      const rest = yield* Stream.runCollect(Stream.take(requests.rest, 2))
      expect(Chunk.toReadonlyArray(rest)).toEqual(["4", "5"])
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("stops the reading of the connection under wait, and loses nothing", () =>
    Effect.gen(function* () {
      const { peer, requests } = yield* inOrder({ restCapacity: 2, whenRestFull: "wait" })
      const asked = yield* Effect.fork(requests.request("ask", (text) => text === "reply"))
      yield* received(peer, 1)
      yield* Effect.forEach(["1", "2", "3", "4", "reply", "5"], (text) => peer.send(utf8(text)))
      yield* peer.halfClose
      yield* TestClock.adjust("999 millis")
      expect(asked.unsafePoll()).toBeNull()
      const rest = yield* Stream.runCollect(requests.rest)
      expect(Chunk.toReadonlyArray(rest)).toEqual(["1", "2", "3", "4", "5"])
      expect(yield* Fiber.join(asked)).toBe("reply")
      expect(yield* requests.state).toMatchObject({ rest: 0, restDropped: 0 })
    }).pipe(Effect.provide(memory)),
  )
})
