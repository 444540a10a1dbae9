import { describe, expect, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { pipe } from "effect/Function"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Codec, Framing } from "../../../src/domain/index.ts"
import { Messages } from "../../../src/protocol/index.ts"
import { Middleware, type ServerConnection } from "../../../src/server/index.ts"
import { Testing } from "../../../src/testing/index.ts"
import { turns } from "../../../src/testing/turns.ts"
import { MemoryTransport } from "../../../src/transport/index.ts"
import { overEachTransport } from "../../support/eachTransport.ts"
import { utf8 } from "../../support/texts.ts"

const line = { frame: Framing.line }

const times = (count: number) => Stream.take(Stream.repeatValue(utf8("x")), count)

const texts = (connection: ServerConnection) => Messages.of(connection, { receive: Codec.text, send: Codec.text })

const receiving: ReadonlyArray<
  readonly [string, (connection: ServerConnection, f: Effect.Effect<void>) => Effect.Effect<void, unknown>]
> = [
  ["runForEach", (connection, f) => connection.runForEach(() => f)],
  ["runForEachLent", (connection, f) => connection.runForEachLent(() => f)],
  ["frames", (connection, f) => Stream.runForEach(connection.frames, () => f)],
  ["the messages of a protocol", (connection, f) => Stream.runForEach(texts(connection).messages, () => f)],
  ["runForEach of a protocol", (connection, f) => texts(connection).runForEach(() => f)],
  ["receive", (connection, f) => Effect.repeat(Effect.zipLeft(connection.receive, f), { until: Option.isNone })],
]

describe("rateLimit", () => {
  for (const [name, receive] of receiving) {
    it.scoped(`lets a burst through and then one message per interval, with ${name}`, () =>
      Effect.gen(function* () {
        const count = yield* Ref.make(0)
        const handler = (connection: ServerConnection) =>
          Effect.asVoid(
            receive(
              connection,
              Ref.update(count, (n) => n + 1),
            ),
          )
        const limited = pipe(handler, Middleware.rateLimit({ messages: 10, per: "1 second" }))
        const { connect } = yield* Testing.serve({ handler: limited, settings: line })
        const peer = yield* connect()
        yield* peer.sendAll(times(30))
        const countAfter = (millis: number) =>
          Effect.zipRight(Effect.zipRight(TestClock.adjust(millis), turns(3)), Ref.get(count))
        expect(yield* countAfter(0)).toBe(10)
        expect(yield* countAfter(99)).toBe(10)
        expect(yield* countAfter(1)).toBe(11)
        expect(yield* countAfter(500)).toBe(16)
        // An idle peer saves no more than one burst.
        expect(yield* countAfter(10_000)).toBe(30)
        yield* peer.sendAll(times(30))
        expect(yield* countAfter(0)).toBe(40)
      }).pipe(Effect.provide(MemoryTransport.layer())),
    )
  }

  it.scoped("makes `readable` wait until `receive` can answer at once", () =>
    Effect.gen(function* () {
      const seen = yield* Ref.make(0)
      const handler = (connection: ServerConnection) =>
        Effect.forever(
          connection.readable.pipe(
            Effect.zipRight(Ref.update(seen, (n) => n + 1)),
            Effect.zipRight(connection.receive),
            Effect.filterOrFail(Option.isSome, () => "the end"),
          ),
        )
      const { connect } = yield* Testing.serve({
        handler: pipe(handler, Middleware.rateLimit({ messages: 2, per: "1 second" })),
        settings: line,
      })
      const peer = yield* connect()
      yield* peer.sendAll(times(4))
      yield* turns(3)
      expect(yield* Ref.get(seen)).toBe(2)
      yield* TestClock.adjust(500)
      yield* turns(3)
      expect(yield* Ref.get(seen)).toBe(3)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  overEachTransport("counts each connection by itself, and refuses the one that sends too fast", () =>
    Effect.gen(function* () {
      const echo = (connection: ServerConnection) => connection.runForEach((bytes) => connection.send(bytes))
      const limited = pipe(echo, Middleware.rateLimit({ messages: 2, per: "1 hour", whenExceeded: "refuse" }))
      const { connect, events } = yield* Testing.serve({ handler: limited, settings: line })
      const fast = yield* connect()
      const calm = yield* connect()
      yield* fast.sendAll(times(3))
      yield* calm.sendAll(times(2))
      for (const peer of [fast, calm]) {
        expect(Option.isSome(yield* peer.receive)).toBe(true)
        expect(Option.isSome(yield* peer.receive)).toBe(true)
      }
      expect(yield* fast.receive).toEqual(Option.none())
      yield* fast.close
      expect(yield* events.one("ConnectionClosed")).toMatchObject({
        id: 1,
        reason: { tag: "PeerRefusedError", message: "the peer was refused: it sent more than 2 messages within 1 h" },
      })
    }),
  )

  it("throws for an option that cannot be", () => {
    expect(() => Middleware.rateLimit({ messages: 0.5 })).toThrow("the setting messages cannot be 0.5")
    expect(() => Middleware.rateLimit({ messages: 1, per: 0 })).toThrow("the setting per cannot be 0")
    const unknown = "5 secs" as unknown as Duration.DurationInput
    expect(() => Middleware.rateLimit({ messages: 1, per: unknown })).toThrow('the setting per cannot be "5 secs"')
    const drop = "drop" as unknown as "wait"
    expect(() => Middleware.rateLimit({ messages: 1, whenExceeded: drop })).toThrow(
      'the setting whenExceeded cannot be "drop"; it takes "wait", "refuse"',
    )
  })
})
