import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Client } from "../../src/client/index.ts"
import { closeReasons, Framing } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { string, utf8 } from "../support/texts.ts"

const lines = { frame: Framing.line }
const quick = { jitter: 0, baseDelay: Duration.millis(20), maxDelay: Duration.millis(20) }

class Password extends Context.Tag("test/Password")<Password, string>() {}

describe("onConnect of a session", () => {
  overEachTransport("logs in on each connection before the outbox is sent", () =>
    Effect.gen(function* () {
      const { endpoint, events, server } = yield* Testing.serve({ handler: Handler.echo(), settings: lines })
      const client = yield* Client.make(lines)
      const released = yield* Ref.make(0)
      const session = yield* client.session(endpoint, {
        reconnect: quick,
        onConnect: (connection) =>
          Effect.gen(function* () {
            yield* Effect.addFinalizer(() => Ref.update(released, (count) => count + 1))
            yield* connection.send(utf8(`login ${yield* Password}`))
            expect(yield* Testing.receiveText(connection)).toBe("login secret")
          }),
      })
      const frames = yield* Effect.fork(Stream.runCollect(Stream.take(session.frames, 2)))
      yield* session.send(utf8("a"))
      yield* events.first("FrameReceived", 2)
      const [first] = yield* events.first("ConnectionOpened", 1)
      yield* server.kick(first?.id ?? (yield* Effect.die("nobody")))
      yield* events.one("ConnectionClosed")
      yield* session.send(utf8("b"))
      expect(Chunk.toReadonlyArray(yield* Fiber.join(frames)).map(string)).toEqual(["a", "b"])
      const received = (yield* events.first("FrameReceived", 4)).map(({ bytes, id }) => [id, string(bytes)])
      const [one, two] = [received[0]?.[0], received[3]?.[0]]
      expect(received).toEqual([
        [one, "login secret"],
        [one, "a"],
        [two, "login secret"],
        [two, "b"],
      ])
      expect(yield* Ref.get(released)).toBe(1)
      yield* session.close
      expect(yield* Ref.get(released)).toBe(2)
    }).pipe(Effect.provideService(Password, "secret")),
  )

  for (const [what, failing] of [
    ["failure", Effect.fail(new Error("wrong password"))],
    ["defect", Effect.die(new Error("wrong password"))],
  ] as const) {
    it.scoped(`makes a loss of its ${what}, with the message`, () =>
      Effect.gen(function* () {
        const { endpoint, events: told } = yield* Testing.serve({ handler: Handler.echo(), settings: lines })
        const client = yield* Client.make(lines)
        const events = yield* Testing.probe(client.subscribeEvents())
        const session = yield* client.session(endpoint, {
          reconnect: { ...quick, maxAttempts: 2 },
          onConnect: () => failing,
        })
        yield* session.send(utf8("never sent"))
        yield* events.one("Reconnecting")
        expect((yield* session.state).isConnected).toBe(false)
        yield* TestClock.adjust("20 millis")
        const end = yield* Effect.flip(Stream.runDrain(session.frames))
        expect(end).toMatchObject({ reason: { _tag: "HandlerFailed", message: "wrong password" } })
        expect(yield* Effect.flip(Stream.runDrain(session.connections))).toBe(end)
        yield* told.first("ConnectionClosed", 2)
        expect(told.all("FrameReceived")).toEqual([])
      }).pipe(Effect.provide(MemoryTransport.layer())),
    )
  }

  it.scoped("is interrupted by the end of its connection, which is a loss", () =>
    Effect.gen(function* () {
      const { endpoint, events: told, server } = yield* Testing.serve({ handler: Handler.echo(), settings: lines })
      const client = yield* Client.make(lines)
      const events = yield* Testing.probe(client.subscribeEvents())
      const interrupted = yield* Ref.make(0)
      yield* client.session(endpoint, {
        reconnect: quick,
        onConnect: () => Effect.onInterrupt(Effect.never, () => Ref.update(interrupted, (count) => count + 1)),
      })
      const [opened] = yield* told.first("ConnectionOpened", 1)
      yield* server.kick(opened?.id ?? (yield* Effect.die("nobody")))
      yield* events.one("Reconnecting")
      expect(yield* Ref.get(interrupted)).toBe(1)
      yield* TestClock.adjust("20 millis")
      yield* told.first("ConnectionOpened", 2)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

describe("the connections of a session", () => {
  overEachTransport("are a stream that ends with the session, and each tells its end", () =>
    Effect.gen(function* () {
      const { endpoint, events, server } = yield* Testing.serve({ handler: Handler.echo(), settings: lines })
      const client = yield* Client.make(lines)
      const session = yield* client.session(endpoint, { reconnect: quick })
      const reasons = yield* Effect.fork(
        Stream.runCollect(
          Stream.mapEffect(session.connections, ({ closed }) => Effect.map(closed, (end) => end.reason)),
        ),
      )
      const [first] = yield* events.first("ConnectionOpened", 1)
      expect(Option.isSome(yield* Stream.runHead(session.connections))).toBe(true)
      yield* server.kick(first?.id ?? (yield* Effect.die("nobody")))
      yield* events.first("ConnectionOpened", 2)
      const latest = Option.getOrThrow(yield* Stream.runHead(session.connections))
      expect((yield* session.state).isConnected).toBe(true)
      yield* session.close
      expect((yield* latest.closed).reason).toEqual(closeReasons.localClosed)
      const seen = Chunk.toReadonlyArray(yield* Fiber.join(reasons))
      expect(seen[0]).toEqual(closeReasons.peerClosed)
    }),
  )
})
