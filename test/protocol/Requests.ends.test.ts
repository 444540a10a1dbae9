import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { closeReasons } from "../../src/domain/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { inOrder, numbered, received, withIds } from "../support/scriptedRequests.ts"
import { utf8 } from "../support/texts.ts"

const memory = MemoryTransport.layer()

describe("requests at the end of their connection", () => {
  it.scoped("fail with the reason when the peer ends its side, also those that are made later", () =>
    Effect.gen(function* () {
      const { connection, peer, requests } = yield* inOrder({ maxInFlight: 1 })
      const asked = yield* Effect.forEach(["sent", "waiting"], (text) =>
        Effect.fork(Effect.flip(requests.request(text))),
      )
      yield* received(peer, 1)
      yield* peer.halfClose
      const errors = yield* Effect.forEach(asked, Fiber.join)
      const later = yield* Effect.flip(requests.request("later"))
      for (const error of [...errors, later]) {
        expect(error).toMatchObject({ _tag: "ConnectionClosedError", reason: closeReasons.peerClosed })
      }
      expect(Chunk.size(yield* Stream.runCollect(requests.rest))).toBe(0)
      yield* connection.close
    }).pipe(Effect.provide(memory)),
  )

  overEachTransport("all fail once when the peer resets the connection, 1000 of them", () =>
    Effect.gen(function* () {
      const { peer, requests } = yield* withIds({ maxInFlight: 1000, timeout: "1 minute" })
      const asked = yield* Effect.forEach(
        Array.from({ length: 1000 }, (_, index) => `${index}`),
        (text) => Effect.fork(Effect.flip(requests.request(numbered(text)))),
      )
      yield* received(peer, 1000)
      yield* peer.reset
      const errors = yield* Effect.forEach(asked, Fiber.join)
      expect(new Set(errors.map((error) => error._tag))).toEqual(new Set(["ConnectionClosedError"]))
      expect(errors[0]).toMatchObject({ reason: closeReasons.peerReset })
      expect(yield* requests.state).toMatchObject({ inFlight: 0, waiting: 0 })
      expect(yield* Effect.flip(Stream.runDrain(requests.rest))).toMatchObject({ reason: closeReasons.peerReset })
    }),
  )

  it.scoped("fail when this side closes the connection, or their scope closes", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const first = yield* inOrder().pipe(Scope.extend(scope))
      const asked = yield* Effect.fork(Effect.flip(first.requests.request("ask")))
      yield* received(first.peer, 1)
      yield* Scope.close(scope, Exit.void)
      expect(yield* Fiber.join(asked)).toMatchObject({ reason: closeReasons.localClosed })

      const second = yield* inOrder()
      const closing = yield* Effect.fork(Effect.flip(second.requests.request("ask")))
      yield* received(second.peer, 1)
      yield* Effect.fork(second.connection.close)
      expect(yield* Fiber.join(closing)).toMatchObject({ reason: closeReasons.localClosed })
    }).pipe(Effect.provide(memory)),
  )

  it.scoped("fail with the error of the codec after a message that cannot be decoded", () =>
    Effect.gen(function* () {
      const { peer, requests } = yield* withIds()
      const asked = yield* Effect.fork(Effect.flip(requests.request(numbered("ask"))))
      yield* received(peer, 1)
      yield* peer.send(utf8("no JSON"))
      expect((yield* Fiber.join(asked))._tag).toBe("CodecError")
      expect((yield* Effect.flip(requests.request(numbered("later"))))._tag).toBe("CodecError")
      expect((yield* Effect.flip(Stream.runDrain(requests.rest)))._tag).toBe("CodecError")
    }).pipe(Effect.provide(memory)),
  )
})
