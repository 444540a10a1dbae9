import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { utf8 } from "../support/texts.ts"

describe("a server that runs", () => {
  overEachTransport("stops listening on an endpoint and starts again, and connections live on", () =>
    Effect.gen(function* () {
      const { connect, connectTo, endpoint, events, server } = yield* Testing.serve({ handler: Handler.echo() })
      const peer = yield* connect()
      expect(yield* server.stopListening(endpoint)).toBe(true)
      expect(yield* server.stopListening(endpoint)).toBe(false)
      expect(yield* server.listening).toEqual([])
      expect((yield* Effect.flip(connectTo(endpoint)))._tag).toBe("ConnectError")
      yield* peer.send(utf8("still here"))
      expect(yield* Testing.receiveText(peer)).toBe("still here")
      for (let round = 0; round < 20; round++) {
        expect((yield* server.startListening(endpoint)).endpoint).toEqual(endpoint)
        const late = yield* connectTo(endpoint)
        yield* late.send(utf8("again"))
        expect(yield* Testing.receiveText(late)).toBe("again")
        yield* late.close
        expect(yield* server.stopListening(endpoint)).toBe(true)
      }
      yield* events.first("ListenStopped", 21)
      yield* peer.close
    }),
  )

  overEachTransport(
    "refuses new connections while it is suspended, with the reason, and accepts them again when it resumes",
    () =>
      Effect.gen(function* () {
        const { connect, connectTo, endpoint, events, server } = yield* Testing.serve({ handler: Handler.echo() })
        const peer = yield* connect()
        yield* server.suspend
        expect((yield* server.state).accepting).toBe("suspended")
        const refused = yield* connectTo(endpoint)
        yield* Effect.ignore(Testing.receiveAll(refused))
        yield* refused.close
        expect((yield* events.one("ConnectionRefused")).rule).toEqual({ _tag: "Suspended" })
        yield* server.resume
        const late = yield* connect()
        for (const one of [peer, late]) {
          yield* one.send(utf8("hello"))
          expect(yield* Testing.receiveText(one)).toBe("hello")
          yield* one.close
        }
      }),
  )

  overEachTransport("has the open connections, with their start, their bytes and their queues", () =>
    Effect.gen(function* () {
      const { connect, endpoint, server } = yield* Testing.serve({ handler: Handler.echo() })
      const peer = yield* connect()
      yield* peer.send(utf8("hello"))
      yield* Testing.receiveText(peer)
      const state = yield* server.state
      expect(state).toMatchObject({
        accepting: "yes",
        listening: [endpoint],
        entering: 0,
        opened: 1,
        refused: 0,
        closed: 0,
      })
      expect(state.connections).toMatchObject([
        { id: 1, state: "open", bytesIn: 5, bytesOut: 5, pendingBytes: 0, local: endpoint },
      ])
      yield* peer.close
    }),
  )

  it.scoped("reports the progress of a drain once a second", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({
        handler: () => Effect.never,
        settings: { drain: Duration.millis(2500) },
      })
      yield* connect()
      yield* connect()
      const drained = yield* Effect.fork(server.drain)
      yield* events.one("DrainStarted")
      yield* TestClock.adjust(Duration.millis(2499))
      expect(events.all("DrainProgress").map(({ pendingBytes, remaining }) => [remaining, pendingBytes])).toEqual([
        [2, 0],
        [2, 0],
      ])
      expect((yield* server.state).accepting).toBe("draining")
      yield* TestClock.adjust(Duration.millis(1))
      expect(yield* Fiber.join(drained)).toEqual({ graceful: 0, forced: 2 })
      expect(events.tags().at(-1)).toBe("DrainFinished")
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
