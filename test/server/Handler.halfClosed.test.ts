import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Handler } from "../../src/server/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { serving } from "../support/serving.ts"

it.scoped("a half-closed client that has gone for good is found within 15 seconds, though nothing is sent to it", () =>
  Effect.gen(function* () {
    const { connect, events, server } = yield* serving(Handler.broker("keep"))
    const stays = yield* connect()
    yield* Effect.scoped(
      Effect.gen(function* () {
        const goes = yield* connect()
        yield* goes.halfClose
        yield* stays.halfClose
        yield* events.first("ConnectionHalfClosed", 2)
      }),
    )
    yield* TestClock.adjust("14 seconds")
    expect(events.all("ConnectionClosed")).toEqual([])
    yield* TestClock.adjust("1 second")
    expect(yield* events.one("ConnectionClosed")).toMatchObject({ id: 2, reason: { _tag: "PeerClosed" } })
    expect((yield* server.connections).map(({ id, state }) => [id, state])).toEqual([[1, "peer-half-closed"]])
  }).pipe(Effect.provide(MemoryTransport.layer())),
)
