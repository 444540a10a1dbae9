import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Client } from "../../src/client/index.ts"
import { ConnectionId, Framing } from "../../src/domain/index.ts"
import { Protocol } from "../../src/protocol/index.ts"
import { Handler, Server } from "../../src/server/index.ts"
import { Testing, VirtualNetwork } from "../../src/testing/index.ts"
import { utf8 } from "../support/texts.ts"

class Greeting extends Context.Tag("test/Greeting")<Greeting, string>() {}

const Doubles = Protocol.make("doubles", { toServer: Schema.Number, toClient: Schema.Number, framing: Framing.slip })

describe("the layer of the test kit", () => {
  it.scoped("tests a handler in three lines, with the framing of the server for the client", () =>
    Effect.gen(function* () {
      const connection = yield* Testing.connect()
      yield* connection.send(utf8("one\ntwo".slice(0, 3)))
      expect(yield* Testing.receiveText(connection)).toBe("one")
    }).pipe(Effect.provide(Testing.layer({ handler: Handler.echo(), settings: { frame: Framing.line } }))),
  )

  it.scoped("takes the services of a handler from the context", () =>
    Effect.gen(function* () {
      const connection = yield* Testing.connect()
      expect(yield* Testing.receiveText(connection)).toBe("hello")
    }).pipe(
      Effect.provide(
        Testing.layer({
          handler: (connection) => Effect.flatMap(Greeting, (text) => connection.send(utf8(text))),
        }).pipe(Layer.provide(Layer.succeed(Greeting, "hello"))),
      ),
    ),
  )

  it.scoped("gives typed connections for a protocol, and its framing to a client without the protocol", () =>
    Effect.gen(function* () {
      const typed = yield* Testing.connect(Doubles)
      yield* typed.send(21)
      expect(yield* Stream.runHead(typed.messages)).toEqual(Option.some(42))
      const raw = yield* Testing.connect()
      yield* raw.send(utf8("4"))
      expect(yield* Testing.receiveText(raw)).toBe("8")
    }).pipe(
      Effect.provide(
        Testing.layer({
          protocol: Doubles,
          handler: (connection) => connection.runForEach((number) => connection.send(2 * number)),
        }),
      ),
    ),
  )

  it.scoped("gives its endpoint to a program that connects by itself", () =>
    Effect.gen(function* () {
      const target = yield* Testing.endpoint
      expect(target).toEqual((yield* (yield* Server).listening)[0])
      const client = yield* Effect.provide(Client.make({ frame: Framing.line }), VirtualNetwork.host("client"))
      const connection = yield* client.connect(target)
      yield* connection.send(utf8("by itself"))
      expect(yield* Testing.receiveText(connection)).toBe("by itself")
    }).pipe(Effect.provide(Testing.layer({ handler: Handler.echo(), settings: { frame: Framing.line } }))),
  )

  it.effect("ends under TestClock although a handler never ends and its peer reads nothing", () =>
    Effect.gen(function* () {
      const connection = yield* Testing.connect()
      yield* connection.pause
      const server = yield* Server
      yield* Effect.fork(server.send(ConnectionId.make(1), new Uint8Array(1_000_000)))
      yield* Effect.yieldNow()
      expect(yield* server.connections).toHaveLength(1)
    }).pipe(Effect.scoped, Effect.provide(Testing.layer({ handler: () => Effect.never }))),
  )

  it.scoped("lets TestClock move the deadlines of server and client", () =>
    Effect.gen(function* () {
      const server = yield* Server
      const events = yield* Testing.probe(server.subscribeEvents())
      const connection = yield* Testing.connect()
      yield* TestClock.adjust("11 seconds")
      yield* connection.peerEnded
      yield* connection.close
      yield* events.expectInOrder({ _tag: "ConnectionClosed", reason: { _tag: "IdleTimeout" } })
    }).pipe(
      Effect.provide(Testing.layer({ handler: Handler.discard(), settings: { idleTimeout: Duration.seconds(10) } })),
    ),
  )

  it.scoped("has a network between server and client that a test controls", () =>
    Effect.gen(function* () {
      const network = yield* VirtualNetwork
      const connection = yield* Testing.connect()
      yield* network.partition("server", "client")
      yield* connection.send(utf8("held"))
      const receiving = yield* Effect.fork(Testing.receiveText(connection))
      yield* Testing.turns(10)
      expect(receiving.unsafePoll()).toBe(null)
      yield* network.heal("server", "client")
      expect(yield* Fiber.join(receiving)).toBe("held")
    }).pipe(Effect.provide(Testing.layer({ handler: Handler.echo(), settings: { frame: Framing.line } }))),
  )

  it.scoped("splits reads as its options say, so a handler sees every cut of a frame", () =>
    Effect.gen(function* () {
      const connection = yield* Testing.connect()
      for (const text of ["one", "äöü", ""]) yield* connection.send(utf8(text))
      expect(yield* Effect.replicateEffect(Testing.receiveText(connection), 3)).toEqual(["one", "äöü", ""])
    }).pipe(
      Effect.provide(
        Testing.layer({
          handler: Handler.echo(),
          settings: { frame: Framing.line },
          network: { link: { chunkBytes: 1 } },
        }),
      ),
    ),
  )
})
