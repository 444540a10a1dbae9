import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { Client, type ReconnectSettings } from "../../src/client/index.ts"
import type { Connection } from "../../src/connection/index.ts"
import { tcpEndpoint } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { utf8 } from "../support/texts.ts"

const nowhere = tcpEndpoint("127.0.0.1", 1)
const even: Partial<ReconnectSettings> = { jitter: 0, baseDelay: Duration.seconds(1), maxDelay: Duration.seconds(10) }

const recorded = Effect.gen(function* () {
  const client = yield* Client.make()
  return { client, events: yield* Testing.probe(client.subscribeEvents()) }
})

/** A program that fails when its connection ends. */
const untilLost = (connection: Connection) =>
  Effect.forever(connection.receive.pipe(Effect.zipRight(Effect.yieldNow())))

describe("running with reconnection", () => {
  it.scoped("ends with the program's value, after its connection has ended", () =>
    Effect.gen(function* () {
      const { endpoint, events: server } = yield* Testing.serve({ handler: Handler.echo() })
      const { client, events } = yield* recorded
      const answer = yield* client.run(endpoint, (connection) =>
        Effect.zipRight(connection.send(utf8("hello")), Testing.receiveText(connection)),
      )
      expect(answer).toBe("hello")
      yield* server.one("ConnectionClosed")
      yield* events.one("Disconnected")
      expect(events.tags()).toEqual(["Connecting", "Connected", "Disconnected"])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("passes on a failure of the program that is not a loss, without another attempt", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* Testing.serve({ handler: Handler.echo() })
      const { client, events } = yield* recorded
      const error = yield* Effect.flip(client.run(endpoint, () => Effect.fail("wrong answer")))
      expect(error).toBe("wrong answer")
      const defect = yield* Effect.exit(client.run(endpoint, () => Effect.die("a bug")))
      expect(defect).toEqual(Exit.die("a bug"))
      yield* events.first("Disconnected", 2)
      expect([events.all("Connected").length, events.all("Reconnecting").length]).toEqual([2, 0])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("tries again after delays that double up to the longest, then gives up with the last loss", () =>
    Effect.gen(function* () {
      const { client, events } = yield* recorded
      const running = yield* Effect.fork(Effect.flip(client.run(nowhere, untilLost, { ...even, maxAttempts: 7 })))
      const delays: Array<number> = []
      for (let attempt = 1; attempt <= 6; attempt++) {
        const [...all] = yield* events.first("Reconnecting", attempt)
        const { delayMillis } = yield* events.one("Reconnecting", (event) => event.attempt === attempt)
        delays.push(delayMillis)
        expect(all.length).toBe(attempt)
        yield* TestClock.adjust(delayMillis - 1)
        expect(events.all("Connecting").length).toBe(attempt)
        yield* TestClock.adjust(1)
      }
      const error = yield* Fiber.join(running)
      expect(error).toMatchObject({ _tag: "ConnectError", reason: "Refused" })
      expect(delays).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000])
      expect(yield* events.one("GaveUp")).toMatchObject({ attempts: 7, cause: error.message })
      expect(events.all("Connecting").length).toBe(7)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("shortens each delay at random, by no more than the jitter", () =>
    Effect.gen(function* () {
      const { client, events } = yield* recorded
      const running = yield* Effect.fork(
        Effect.flip(client.run(nowhere, untilLost, { ...even, jitter: 0.5, maxAttempts: 41 })),
      )
      for (let attempt = 1; attempt <= 40; attempt++) {
        yield* events.first("Reconnecting", attempt)
        yield* TestClock.adjust("10 seconds")
      }
      yield* Fiber.join(running)
      const longest = (attempt: number) => Math.min(1000 * 2 ** (attempt - 1), 10_000)
      const shares = events.all("Reconnecting").map(({ attempt, delayMillis }) => delayMillis / longest(attempt))
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.5)
      expect(Math.max(...shares)).toBeLessThanOrEqual(1)
      expect(new Set(shares).size).toBeGreaterThan(10)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped(
    "begins with the first delay again after a connection that lasted for stableAfter, not after a shorter one",
    () =>
      Effect.gen(function* () {
        const { endpoint, events: server, server: commands } = yield* Testing.serve({ handler: Handler.discard() })
        const { client, events } = yield* recorded
        yield* Effect.forkScoped(client.run(endpoint, untilLost, { ...even, stableAfter: Duration.seconds(5) }))
        const lose = (nth: number, after: Duration.DurationInput) =>
          Effect.gen(function* () {
            const opened = yield* server.first("ConnectionOpened", nth)
            yield* events.first("Connected", nth)
            yield* TestClock.adjust(after)
            const id = opened[nth - 1]?.id
            if (id !== undefined) yield* commands.kick(id, "reset")
            const again = (yield* events.first("Reconnecting", nth))[nth - 1]
            yield* TestClock.adjust(again?.delayMillis ?? 0)
            return [again?.attempt, again?.delayMillis, again?.cause]
          })
        expect(yield* lose(1, "1 seconds")).toEqual([1, 1000, "the connection ended: reset by the peer"])
        expect(yield* lose(2, "4999 millis")).toEqual([2, 2000, "the connection ended: reset by the peer"])
        expect(yield* lose(3, "5 seconds")).toEqual([1, 1000, "the connection ended: reset by the peer"])
      }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  for (const [maxAttempts, lostAfter, dials] of [
    [0, "10 seconds", 0],
    [1, "10 seconds", 1],
    [2, "10 seconds", 2],
    [1, "1 seconds", 0],
    [2, "1 seconds", 1],
  ] as const)
    it.scoped(
      `dials ${dials} times after a connection of ${lostAfter} when ${maxAttempts} attempts may fail and nobody listens`,
      () =>
        Effect.gen(function* () {
          const { client, events } = yield* recorded
          const reconnect = { ...even, maxAttempts, stableAfter: "5 seconds" } as const
          const running = yield* Effect.scoped(
            Effect.gen(function* () {
              const {
                endpoint,
                events: server,
                server: commands,
              } = yield* Testing.serve({ handler: Handler.discard() })
              const fiber = yield* Effect.forkDaemon(Effect.flip(client.run(endpoint, untilLost, reconnect)))
              yield* events.one("Connected")
              yield* TestClock.adjust(lostAfter)
              yield* commands.kick((yield* server.one("ConnectionOpened")).id, "reset")
              yield* server.one("ConnectionClosed")
              return fiber
            }),
          )
          for (let dial = 1; dial <= dials; dial++) {
            yield* events.first("Reconnecting", dial)
            yield* TestClock.adjust("10 seconds")
          }
          yield* Fiber.join(running)
          expect(events.all("Connecting").length).toBe(1 + dials)
          expect((yield* events.one("GaveUp")).attempts).toBe(Math.max(maxAttempts, 1))
        }).pipe(Effect.provide(MemoryTransport.layer())),
    )

  it.scoped("releases the program's resources before each new attempt", () =>
    Effect.gen(function* () {
      const { endpoint, events: server, server: commands } = yield* Testing.serve({ handler: Handler.discard() })
      const { client, events } = yield* recorded
      const held = yield* Ref.make(0)
      const most = yield* Ref.make(0)
      yield* Effect.forkScoped(
        client.run(
          endpoint,
          (connection) =>
            Effect.acquireRelease(
              Effect.flatMap(
                Ref.updateAndGet(held, (n) => n + 1),
                (n) => Ref.update(most, (m) => Math.max(m, n)),
              ),
              () => Ref.update(held, (n) => n - 1),
            ).pipe(Effect.zipRight(untilLost(connection))),
          even,
        ),
      )
      for (const nth of [1, 2, 3]) {
        const opened = yield* server.first("ConnectionOpened", nth)
        yield* events.first("Connected", nth)
        const id = opened[nth - 1]?.id
        if (id !== undefined) yield* commands.kick(id, "reset")
        yield* events.first("Reconnecting", nth)
        expect(yield* Ref.get(held)).toBe(0)
        yield* TestClock.adjust("10 seconds")
      }
      yield* events.first("Connected", 4)
      expect(yield* Ref.get(most)).toBe(1)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("stops with its scope, and takes the connection with it", () =>
    Effect.gen(function* () {
      const { endpoint, events: server } = yield* Testing.serve({ handler: Handler.discard() })
      const { client, events } = yield* recorded
      const scope = yield* Scope.make()
      const exit = yield* Deferred.make<Exit.Exit<never, unknown>>()
      yield* client.run(endpoint, untilLost, even).pipe(
        Effect.onExit((ended) => Deferred.succeed(exit, ended)),
        Effect.forkIn(scope),
      )
      yield* server.one("ConnectionOpened")
      yield* events.one("Connected")
      yield* Scope.close(scope, Exit.void)
      expect(Exit.isInterrupted(yield* Deferred.await(exit))).toBe(true)
      expect((yield* server.one("ConnectionClosed")).reason).toEqual({ _tag: "PeerClosed" })
      expect((yield* events.one("Disconnected")).reason).toEqual({ _tag: "LocalClosed" })
      expect(events.all("Reconnecting")).toEqual([])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
