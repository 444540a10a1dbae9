import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Client } from "../../src/client/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { utf8 } from "../support/texts.ts"
import { withWallClock } from "../support/wallClock.ts"

const aDay = 86_400_000

describe("a clock that is set while connections are open", () => {
  it.scoped("changes no lifetime, and the events carry the new date", () =>
    withWallClock((set) =>
      Effect.gen(function* () {
        const { endpoint, events } = yield* Testing.serve({ handler: Handler.discard() })
        const client = yield* Client.make()
        const told = yield* Testing.probe(client.subscribeEvents())
        yield* TestClock.adjust("2 days")
        for (const shift of [-aDay, aDay]) {
          set(0)
          const before = events.all("ConnectionClosed").length
          const { at: opened } = yield* Effect.scoped(
            Effect.gen(function* () {
              yield* client.connect(endpoint)
              const open = yield* events.one("ConnectionOpened", ({ id }) => id === before + 1)
              yield* TestClock.adjust("3 seconds")
              set(shift)
              return open
            }),
          )
          const closed = yield* events.one("ConnectionClosed", ({ id }) => id === before + 1)
          const ended = (yield* told.first("Disconnected", before + 1))[before]
          expect([closed.lifetimeMillis, closed.at - opened]).toEqual([3000, 3000 + shift])
          expect(ended?.lifetimeMillis).toBe(3000)
        }
      }),
    ).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("neither shortens nor lengthens the time of a stable connection", () =>
    withWallClock((set) =>
      Effect.gen(function* () {
        const { endpoint } = yield* Testing.serve({ handler: Handler.discard() })
        const client = yield* Client.make()
        const told = yield* Testing.probe(client.subscribeEvents())
        yield* TestClock.adjust("2 days")
        const reconnect = { jitter: 0, baseDelay: Duration.seconds(1), stableAfter: Duration.seconds(5) }
        // With the clock set back, a connection of 5 s is still stable. With the clock set forward, a connection of 4 s
        // is not.
        const lifetimes = [
          { seconds: 5, shift: -aDay, attempt: 1 },
          { seconds: 5, shift: -aDay, attempt: 1 },
          { seconds: 4, shift: aDay, attempt: 2 },
          { seconds: 4, shift: aDay, attempt: 3 },
        ]
        let round = 0
        let date = 0
        yield* Effect.forkScoped(
          client.run(
            endpoint,
            (connection) =>
              Effect.suspend(() => {
                const { seconds, shift } = lifetimes[round++] ?? { seconds: 1, shift: 0 }
                return Effect.sleep(Duration.seconds(seconds)).pipe(
                  Effect.zipRight(
                    Effect.sync(() => {
                      date += shift
                      set(date)
                    }),
                  ),
                  Effect.zipRight(connection.close),
                  Effect.zipRight(connection.send(utf8("x"))),
                )
              }),
            reconnect,
          ),
        )
        for (const [index, { attempt, seconds }] of lifetimes.entries()) {
          yield* told.first("Connected", index + 1)
          yield* TestClock.adjust(Duration.seconds(seconds))
          const again = (yield* told.first("Reconnecting", index + 1))[index]
          expect([index, again?.attempt]).toEqual([index, attempt])
          yield* TestClock.adjust(Duration.seconds(60))
        }
      }),
    ).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("neither stops nor opens a limit of rates", () =>
    withWallClock((set) =>
      Effect.gen(function* () {
        const rate = 10_000
        const { connect, events } = yield* Testing.serve({ handler: Handler.discard(), settings: { maxRate: rate } })
        yield* TestClock.adjust("2 days")
        // Under the test clock the server would never read the rest.
        const peer = yield* connect({ closeDeadline: Duration.zero })
        yield* Effect.forkScoped(peer.send(new Uint8Array(100 * rate)))
        const received = () => events.all("FrameReceived").reduce((sum, { bytes }) => sum + bytes.length, 0)
        const pass = (seconds: number) =>
          Effect.repeatN(Effect.zipRight(TestClock.adjust("50 millis"), turns(20)), seconds * 20 - 1)
        yield* pass(1)
        for (const shift of [-aDay, aDay]) {
          const before = received()
          set(shift)
          yield* pass(2)
          expect(Math.abs(received() - before - 2 * rate)).toBeLessThan(0.1 * 2 * rate)
        }
      }),
    ).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes: 1000 }))),
  )
})
