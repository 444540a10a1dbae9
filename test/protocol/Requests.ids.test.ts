import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Requests, RequestTimeout } from "../../src/protocol/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { numbered, received, withIds } from "../support/scriptedRequests.ts"

const memory = MemoryTransport.layer()

describe("requests with ids", () => {
  it.scoped("get their replies in any order", () =>
    Effect.gen(function* () {
      const { peer, reply, requests } = yield* withIds()
      const [one, two] = [
        yield* Effect.fork(requests.request(numbered("one"))),
        yield* Effect.fork(requests.request(numbered("two"))),
      ]
      expect(yield* Testing.receiveText(peer)).toBe('{"id":1,"text":"one"}')
      yield* received(peer, 1)
      yield* reply(2, "second")
      yield* reply(1, "first")
      expect((yield* Fiber.join(one)).text).toBe("first")
      expect((yield* Fiber.join(two)).text).toBe("second")
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("leave messages without an id, with an unknown id, and second replies in the rest", () =>
    Effect.gen(function* () {
      const { peer, reply, requests } = yield* withIds()
      const asked = yield* Effect.fork(requests.request(numbered("ask")))
      yield* received(peer, 1)
      yield* reply(undefined, "news")
      yield* reply(9, "unknown")
      yield* reply(1, "reply")
      yield* reply(1, "again")
      expect((yield* Fiber.join(asked)).text).toBe("reply")
      const rest = yield* Stream.runCollect(Stream.take(requests.rest, 3))
      expect(Chunk.toReadonlyArray(rest).map(({ text }) => text)).toEqual(["news", "unknown", "again"])
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("wait on after a message with their id that they do not accept", () =>
    Effect.gen(function* () {
      const { peer, reply, requests } = yield* withIds()
      const asked = yield* Effect.fork(requests.request(numbered("ask"), ({ text }) => text !== "progress"))
      yield* received(peer, 1)
      yield* reply(1, "progress")
      yield* reply(1, "done")
      expect((yield* Fiber.join(asked)).text).toBe("done")
      expect((yield* requests.state).rest).toBe(1)
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("name their id when they time out, free their place, and drop the late reply", () =>
    Effect.gen(function* () {
      const { peer, reply, requests } = yield* withIds({ maxInFlight: 1 })
      const slow = yield* Effect.fork(Effect.flip(requests.request(numbered("slow"))))
      yield* received(peer, 1)
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(slow)).toEqual(new RequestTimeout({ timeoutMillis: 1000, sent: true, id: 1 }))
      const next = yield* Effect.fork(requests.request(numbered("next")))
      yield* received(peer, 1)
      yield* reply(1, "late")
      yield* reply(2, "in time")
      expect((yield* Fiber.join(next)).text).toBe("in time")
      expect(yield* requests.state).toMatchObject({ lateReplies: 1, rest: 0 })
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("never share an id, and wait while every id is in flight", () =>
    Effect.gen(function* () {
      const { peer, reply, requests } = yield* withIds({}, Requests.counter(1, 2))
      const ask = (text: string) => Effect.fork(requests.request(numbered(text)))
      const [a, b, c] = [yield* ask("a"), yield* ask("b"), yield* ask("c")]
      yield* received(peer, 2)
      expect(yield* requests.state).toMatchObject({ inFlight: 2, waiting: 1 })
      yield* reply(2, "re: b")
      expect(yield* Testing.receiveText(peer)).toBe('{"id":2,"text":"c"}')
      yield* reply(2, "re: c")
      yield* reply(1, "re: a")
      const replies = yield* Effect.forEach([a, b, c], Fiber.join)
      expect(replies.map(({ text }) => text)).toEqual(["re: a", "re: b", "re: c"])
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("take the id of an abandoned request only when no other id is left", () =>
    Effect.gen(function* () {
      const { peer, reply, requests } = yield* withIds({}, Requests.counter(1, 3))
      const abandoned = yield* Effect.fork(requests.request(numbered("abandoned")))
      yield* received(peer, 1)
      yield* Fiber.interrupt(abandoned)
      const ids: Array<unknown> = []
      const asked = yield* Effect.forEach(["a", "b", "c"], (text) => Effect.fork(requests.request(numbered(text))))
      for (const _ of asked) ids.push(JSON.parse((yield* Testing.receiveText(peer)) ?? "").id)
      expect(ids).toEqual([2, 3, 1])
      yield* Effect.forEach([1, 2, 3], (id) => reply(id, "reply"))
      yield* Effect.forEach(asked, Fiber.join)
    }).pipe(Effect.provide(memory)),
  )
})
