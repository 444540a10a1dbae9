import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Client } from "../../src/client/index.ts"
import { Framing } from "../../src/domain/index.ts"
import { Handler, Server } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { utf8 } from "../support/texts.ts"

const inMemory = Effect.provide(MemoryTransport.layer())
const endpoint = "127.0.0.1:9000"

/** A server that runs a handler on the endpoint of these tests. */
const listening = (handler: Handler.FiberHandler<unknown, never>) =>
  Effect.gen(function* () {
    const server = yield* Server.make({ handler: (connection) => Effect.orDie(handler(connection)) })
    yield* server.listen(endpoint)
  })

/** Runs an effect while the time passes. */
const overTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    while ((yield* Fiber.status(fiber))._tag !== "Done") yield* TestClock.adjust("50 millis")
    return yield* Fiber.join(fiber)
  })

describe("a probe", () => {
  it.scoped("tells an open endpoint, one that closes at once, one that resets at once, and a closed one", () =>
    Effect.gen(function* () {
      const client = yield* Client.make({ onConnect: [utf8("login")] })
      expect(yield* overTime(client.probe(endpoint))).toMatchObject({
        _tag: "Refused",
        error: { code: "ECONNREFUSED" },
      })
      const outcome = (handler: Handler.FiberHandler<unknown, never>) =>
        Effect.scoped(Effect.zipRight(listening(handler), overTime(client.probe(endpoint))))
      // A probe sends nothing, so this server holds the connection.
      expect(yield* outcome((connection) => connection.receive)).toMatchObject({ _tag: "Open" })
      expect(yield* outcome((connection) => connection.sendText("hello"))).toMatchObject({ _tag: "Open" })
      expect(yield* outcome(() => Effect.void)).toMatchObject({
        _tag: "ClosedAtOnce",
        reason: { _tag: "PeerClosed" },
      })
      expect(yield* outcome((connection) => connection.reset)).toMatchObject({
        _tag: "ClosedAtOnce",
        reason: { _tag: "PeerReset" },
      })
    }).pipe(inMemory),
  )

  it.scoped("with `wait` tries again until the endpoint keeps its connection", () =>
    Effect.gen(function* () {
      const client = yield* Client.make({ wait: "10 seconds" })
      const probing = yield* Effect.fork(client.probe(endpoint))
      yield* TestClock.adjust("1 second")
      yield* Effect.scoped(
        Effect.zipRight(
          listening(() => Effect.void),
          overTime(Effect.sleep("2 seconds")),
        ),
      )
      yield* listening((connection) => connection.runForEach(() => Effect.void))
      expect(yield* overTime(Fiber.join(probing))).toMatchObject({ _tag: "Open" })
    }).pipe(inMemory),
  )
})

describe("a client with `wait`", () => {
  it.scoped("connects when the server begins to listen, and reports the last error when the time is over", () =>
    Effect.gen(function* () {
      const client = yield* Client.make({ wait: "3 seconds" })
      expect(yield* overTime(Effect.flip(client.connect(endpoint)))).toMatchObject({ reason: "Refused" })
      const connecting = yield* Effect.fork(client.connect(endpoint))
      yield* TestClock.adjust("1 second")
      yield* listening((connection) => connection.runForEach((payload) => connection.send(payload)))
      const connection = yield* overTime(Fiber.join(connecting))
      yield* connection.sendText("hello")
      expect(yield* Testing.receiveText(connection)).toBe("hello")
    }).pipe(inMemory),
  )

  it.scoped("does not wait for an error that time does not repair", () =>
    Effect.gen(function* () {
      const client = yield* Client.make({ wait: "1 hour" })
      expect(yield* Effect.flip(client.connect("127.0.0.1:port"))).toMatchObject({ reason: "InvalidEndpoint" })
    }).pipe(inMemory),
  )
})

describe("the payloads of `onConnect`", () => {
  it.scoped("are the first payloads of each connection, and are events", () =>
    Effect.gen(function* () {
      const { connect } = yield* Testing.serve({ handler: Handler.echo(), settings: { frame: Framing.line } })
      for (const text of ["one", "two"]) {
        const connection = yield* connect({ frame: Framing.line, onConnect: [utf8("login"), utf8("subscribe")] })
        yield* connection.sendText(text)
        const got = [
          yield* Testing.receiveText(connection),
          yield* Testing.receiveText(connection),
          yield* Testing.receiveText(connection),
        ]
        expect(got).toEqual(["login", "subscribe", text])
      }
    }).pipe(inMemory),
  )
})
