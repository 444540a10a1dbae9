import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Client } from "../../src/client/index.ts"
import { Framing } from "../../src/domain/index.ts"
import type { ServerConnection } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { string, utf8 } from "../support/texts.ts"

const line = { frame: Framing.line }
const leaves = (connection: ServerConnection) => connection.send(utf8("bye"))

describe("a client whose server has sent FIN", () => {
  overEachTransport("closes too: bytes that had arrived are received, sending fails with the reason", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({ handler: leaves, settings: line })
      const connection = yield* connect()
      expect((yield* connection.closed).reason).toEqual({ _tag: "PeerClosed" })
      expect(yield* Effect.flip(connection.send(utf8("x")))).toMatchObject({ reason: { _tag: "PeerClosed" } })
      expect([yield* Testing.receiveText(connection), yield* Testing.receiveText(connection)]).toEqual([
        "bye",
        undefined,
      ])
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "LocalClosed" })
    }),
  )

  overEachTransport("goes on sending where the setting says so", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({
        handler: (connection) =>
          Effect.zipRight(
            connection.halfClose,
            connection.runForEach(() => Effect.void),
          ),
        settings: line,
      })
      const connection = yield* connect({ halfClosed: "keep" })
      expect(yield* Testing.receiveText(connection)).toBe(undefined)
      yield* connection.send(utf8("more"))
      expect(string((yield* events.one("FrameReceived")).bytes)).toBe("more")
      yield* connection.close
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "LocalClosed" })
    }),
  )
})

describe("running with reconnection, when the server closes in order", () => {
  it.scoped("connects again, after the delay, each time that the program has seen the end", () =>
    Effect.gen(function* () {
      const { endpoint, events: server } = yield* Testing.serve({ handler: leaves, settings: line })
      const client = yield* Client.make(line)
      const events = yield* Testing.probe(client.subscribeEvents())
      const seen: Array<number> = []
      yield* Effect.forkScoped(
        client.run(
          endpoint,
          (connection) => connection.runForEach((bytes) => Effect.sync(() => seen.push(bytes.length))),
          {
            jitter: 0,
            baseDelay: Duration.seconds(1),
          },
        ),
      )
      for (const attempt of [1, 2, 3]) {
        const all = yield* events.first("Reconnecting", attempt)
        expect(all.at(-1)).toMatchObject({ attempt, cause: "the connection ended: by the peer" })
        yield* TestClock.adjust(Duration.seconds(2 ** (attempt - 1)))
      }
      yield* server.first("ConnectionOpened", 4)
      expect(seen.slice(0, 3)).toEqual([3, 3, 3])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("ends with the program's value by the setting, or when the program has not noticed the end", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* Testing.serve({ handler: leaves, settings: line })
      const client = yield* Client.make(line)
      const toTheEnd = yield* client.run(endpoint, (connection) => Effect.as(connection.closed, "over"), {
        onPeerEnd: "end",
      })
      const answer = yield* client.run(endpoint, Testing.receiveText)
      expect([toTheEnd, answer]).toEqual(["over", "bye"])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("ends with the program's value when this side has ended first", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* Testing.serve({
        handler: (connection) => connection.runForEach(connection.send),
        settings: line,
      })
      const client = yield* Client.make(line)
      const running = yield* Effect.fork(
        client.run(endpoint, (connection) =>
          Effect.zipRight(connection.halfClose, Effect.exit(connection.runForEach(() => Effect.void))),
        ),
      )
      expect(yield* Fiber.join(running)).toEqual(Exit.void)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
