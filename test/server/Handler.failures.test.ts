import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as HashMap from "effect/HashMap"
import * as Logger from "effect/Logger"
import * as Queue from "effect/Queue"
import { Client } from "../../src/client/index.ts"
import {
  ConnectionClosedError,
  closeReasons,
  formatEndpoint,
  type SendError,
  SlowConsumerError,
} from "../../src/domain/index.ts"
import { type Handler, PeerRefusedError, Server } from "../../src/server/index.ts"
import { isFailureOfHandler } from "../../src/server/internal/handlerFailures.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { anyPort, overEachTransport } from "../support/eachTransport.ts"
import { utf8 } from "../support/texts.ts"

/** Fails after the first payload. */
const failing: Handler.FiberHandler<string, never> = (connection) =>
  Effect.zipRight(Effect.orDie(connection.receive), Effect.fail("no luck"))

/** A logger that puts each line into a queue. */
const loggerTo = (lines: Queue.Queue<Record<string, unknown>>) =>
  Logger.make(({ annotations, cause, logLevel, message }) => {
    lines.unsafeOffer({
      level: logLevel.label,
      message,
      cause: String(Cause.squash(cause)),
      pretty: Cause.pretty(cause),
      ...Object.fromEntries(HashMap.toEntries(annotations)),
    })
  })

class Alarm extends Context.Tag("test/Alarm")<Alarm, Queue.Queue<string>>() {}

describe("onHandlerFailure", () => {
  overEachTransport("runs with the cause and the connection of a handler that failed", () =>
    Effect.gen(function* () {
      const reports = yield* Queue.unbounded<unknown>()
      const onHandlerFailure = (cause: Cause.Cause<string>, connection: { readonly id: number }) =>
        Effect.asVoid(reports.offer([Cause.squash(cause), connection.id]))
      const { connect } = yield* Testing.serve({ handler: failing, onHandlerFailure })
      yield* (yield* connect()).send(utf8("x"))
      expect(yield* reports.take).toEqual(["no luck", 1])
    }),
  )

  it.scopedLive("has requirements of its own, which are those of the server", () =>
    Effect.gen(function* () {
      const alarm = yield* Queue.unbounded<string>()
      const served = Testing.serve({
        handler: () => Effect.die("a bug"),
        onHandlerFailure: (cause) => Effect.flatMap(Alarm, (queue) => queue.offer(String(Cause.squash(cause)))),
      })
      const { connect } = yield* Effect.provideService(served, Alarm, alarm)
      yield* connect()
      expect(yield* alarm.take).toBe("a bug")
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  for (const [how, onHandlerFailure] of [
    ["dies", () => Effect.die(new Error("a broken report"))],
    [
      "throws",
      () => {
        throw new Error("a broken report")
      },
    ],
  ] as const)
    overEachTransport(`that ${how} is logged with the failure`, () =>
      Effect.gen(function* () {
        const lines = yield* Queue.unbounded<Record<string, unknown>>()
        const { connect } = yield* Effect.provide(
          Testing.serve({ handler: () => Effect.fail("no luck"), onHandlerFailure }),
          Logger.replace(Logger.defaultLogger, loggerTo(lines)),
        )
        yield* connect()
        const line = yield* lines.take
        expect(line).toMatchObject({ level: "ERROR", connection: 1 })
        expect(line.message).toEqual([
          "onHandlerFailure died while it reported that the handler of a connection failed",
        ])
        expect(line.pretty).toMatch(/no luck[\s\S]*a broken report/)
      }),
    )

  overEachTransport("logs an error with the id and the address by default, and nothing for the end of the peer", () =>
    Effect.gen(function* () {
      const lines = yield* Queue.unbounded<Record<string, unknown>>()
      const server = yield* Effect.provide(
        Server.make({
          handler: (connection) => {
            const ends: Effect.Effect<void, SendError | string> =
              connection.id === 1 ? Effect.forever(connection.send(utf8("tick"))) : Effect.fail("no luck")
            return ends
          },
        }),
        Logger.replace(Logger.defaultLogger, loggerTo(lines)),
      )
      const events = yield* Testing.probe(server.subscribeEvents())
      const { endpoint } = yield* server.listen(anyPort)
      const client = yield* Client.make()
      yield* (yield* client.connect(endpoint)).reset
      yield* events.one("ConnectionClosed")
      yield* client.connect(endpoint)
      const opened = yield* events.one("ConnectionOpened", ({ id }) => id === 2)
      const line = yield* lines.take
      expect(line).toMatchObject({ level: "ERROR", connection: 2, cause: "no luck" })
      expect(line.message).toEqual(["the handler of a connection failed"])
      expect(line.remote).toBe(formatEndpoint(opened.remote))
    }),
  )
})

/** An error of a program that throws while it is shown. */
class Unreadable extends Error {
  override get message(): string {
    throw new Error("no message")
  }
}

describe("a handler that fails with an error that cannot be shown", () => {
  const trap = new Proxy(
    {},
    {
      get: () => {
        throw new Error("no field")
      },
    },
  )
  const rows = [
    ["a bigint", 10n, "10"],
    ["an error whose message throws", new Unreadable(), "its message cannot be read"],
    ["an object whose fields throw", trap, "its message cannot be read"],
  ] as const
  for (const [what, error, message] of rows)
    overEachTransport(`ends its connection: ${what}`, () =>
      Effect.gen(function* () {
        const { connect, server } = yield* Testing.serve({
          handler: () => Effect.fail(error),
          onHandlerFailure: () => Effect.void,
        })
        const events = yield* Testing.probe(server.subscribeEvents())
        yield* connect()
        const { reason } = yield* events.one("ConnectionClosed")
        expect(reason).toMatchObject({ _tag: "HandlerFailed", message })
      }),
    )
})

describe("a failure of a handler", () => {
  const own = new ConnectionClosedError({ reason: closeReasons.peerReset })
  const rows: ReadonlyArray<readonly [string, Cause.Cause<unknown>, boolean]> = [
    ["is no interruption", Cause.interrupt(FiberId.none), false],
    ["is not that it refused its peer", Cause.fail(new PeerRefusedError({ reason: "no" })), false],
    ["is not the end of its own connection", Cause.fail(own), false],
    [
      "is not that its peer read too slowly",
      Cause.fail(new SlowConsumerError({ pendingBytes: 2, budgetBytes: 1 })),
      false,
    ],
    [
      "is the end of another connection",
      Cause.fail(new ConnectionClosedError({ reason: { _tag: "PeerVanished", code: "ETIMEDOUT" } })),
      true,
    ],
    ["is any other error", Cause.fail("no luck"), true],
    ["is a defect", Cause.die("a bug"), true],
    ["is a defect beside the end of its own connection", Cause.parallel(Cause.fail(own), Cause.die("a bug")), true],
    [
      "is an error beside the end of its own connection",
      Cause.sequential(Cause.fail(own), Cause.fail("no luck")),
      true,
    ],
  ]
  for (const [promise, cause, expected] of rows) {
    it(promise, () => expect(isFailureOfHandler(cause, own)).toBe(expected))
  }
})
