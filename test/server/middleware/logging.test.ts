import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { pipe } from "effect/Function"
import * as HashMap from "effect/HashMap"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as Queue from "effect/Queue"
import { formatEndpoint } from "../../../src/domain/index.ts"
import { Middleware, PeerRefusedError, type ServerConnection } from "../../../src/server/index.ts"
import { Testing } from "../../../src/testing/index.ts"
import { overEachTransport } from "../../support/eachTransport.ts"
import { utf8 } from "../../support/texts.ts"

/** Ends in another way on each connection, after the first payload. */
const ending = (connection: ServerConnection): Effect.Effect<void, unknown> => {
  const ways: ReadonlyArray<Effect.Effect<void, unknown>> = [
    Effect.logInfo("at work"),
    Effect.fail("no luck"),
    new PeerRefusedError({ reason: "no" }),
    Effect.interrupt,
    Effect.zipRight(connection.reset, connection.send(new Uint8Array(1))),
  ]
  return Effect.zipRight(connection.receive, ways[connection.id - 1] ?? Effect.die("a bug"))
}
const outcomes = ["done", "failed", "refused", "interrupted", "closed", "failed"]

describe("logging", () => {
  overEachTransport("annotates the lines of the handler, and logs its start and its end with the outcome", () =>
    Effect.gen(function* () {
      const lines = yield* Queue.unbounded<Record<string, unknown>>()
      const logger = Logger.make(({ annotations, logLevel, message }) => {
        lines.unsafeOffer({
          line: `${logLevel.label} ${message}`,
          ...Object.fromEntries(HashMap.toEntries(annotations)),
        })
      })
      const logged = pipe(ending, Middleware.logging({ level: LogLevel.Warning }))
      const { connect, events } = yield* Effect.provide(
        Testing.serve({ handler: logged, onHandlerFailure: () => Effect.void }),
        Logger.replace(Logger.defaultLogger, logger),
      )
      for (const [index, outcome] of outcomes.entries()) {
        yield* (yield* connect()).send(utf8("x"))
        const connection = index + 1
        const { remote } = yield* events.one("ConnectionOpened", ({ id }) => id === connection)
        const own = { connection, remote: formatEndpoint(remote) }
        expect(yield* lines.take).toEqual({ line: "WARN the handler starts", ...own })
        if (index === 0) expect(yield* lines.take).toEqual({ line: "INFO at work", ...own })
        const end = yield* lines.take
        expect(end).toMatchObject({ line: "WARN the handler has ended", ...own, outcome })
        expect(end.millis).toBeTypeOf("number")
      }
    }),
  )
})

describe("metrics", () => {
  overEachTransport("count the running handlers, and the ended ones by outcome", () =>
    Effect.gen(function* () {
      const server = `test-${Math.random()}`
      const counted = pipe(ending, Middleware.metrics({ tags: { server } }))
      const { connect, events } = yield* Testing.serve({ handler: counted, onHandlerFailure: () => Effect.void })
      for (const index of outcomes.keys()) {
        yield* (yield* connect()).send(utf8("x"))
        yield* events.first("ConnectionClosed", index + 1)
      }
      const endedAs = (outcome: string) =>
        Effect.map(
          Metric.value(Middleware.ended.pipe(Metric.tagged("server", server), Metric.tagged("outcome", outcome))),
          ({ count }) => count,
        )
      expect(yield* Effect.forEach(["done", "failed", "refused", "interrupted", "closed"], endedAs)).toEqual([
        1, 2, 1, 1, 1,
      ])
      expect((yield* Metric.value(Middleware.running.pipe(Metric.tagged("server", server)))).value).toBe(0)
    }),
  )
})
