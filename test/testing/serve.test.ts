import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Framing } from "../../src/domain/index.ts"
import { Hub } from "../../src/hub/index.ts"
import { Protocol } from "../../src/protocol/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing, VirtualNetwork } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { utf8 } from "../support/texts.ts"

class Greeting extends Context.Tag("test/Greeting")<Greeting, string>() {}

const Doubles = Protocol.make("doubles", { toServer: Schema.Number, toClient: Schema.Number, framing: Framing.slip })
const doubling = Doubles.handler((connection) => connection.runForEach((number) => connection.send(2 * number)))

describe("a server of a test", () => {
  overEachTransport("has accepted a connection when connect returns, and numbers connections from 1", () =>
    Effect.gen(function* () {
      const { connect, connectPeer, events, server } = yield* Testing.serve({ handler: Handler.discard() })
      const first = yield* connect()
      expect((yield* server.connections).map(({ id, remote }) => [id, remote])).toEqual([[1, first.local]])
      const peer = yield* connectPeer()
      expect((yield* server.connection(2 as never)).remote).toEqual(peer.local)
      expect(events.tags()).toEqual(["Listening", "ConnectionOpened", "ConnectionOpened"])
    }),
  )

  overEachTransport("gives its clients its framing, also from a protocol and from a hub, unless they set another", () =>
    Effect.gen(function* () {
      const lines = yield* Testing.serve({ handler: Handler.echo(), settings: { frame: Framing.line } })
      const [one, raw] = yield* Effect.all([lines.connect(), lines.connect({ frame: Framing.raw })])
      yield* one.sendText("a line")
      yield* raw.sendText("another\n")
      expect(yield* Testing.receiveText(one)).toBe("a line")
      expect(yield* Testing.receiveBytes(raw, 8)).toEqual(utf8("another\n"))
      const hub = yield* Hub.make({ framing: Framing.netstring })
      const shared = yield* Testing.serve({ handler: Handler.echo(), hub })
      const two = yield* shared.connect()
      yield* two.sendText("in a netstring")
      expect(yield* Testing.receiveText(two)).toBe("in a netstring")
      const protocol = yield* Testing.serve({ handler: doubling })
      const three = yield* protocol.connect()
      yield* three.sendText("4")
      expect(yield* Testing.receiveText(three)).toBe("8")
    }),
  )

  overEachTransport("takes a protocol, and gives typed connections", () =>
    Effect.gen(function* () {
      const { connect } = yield* Testing.serve({
        protocol: Doubles,
        handler: (connection) => connection.runForEach((number) => connection.send(2 * number)),
      })
      const connection = yield* connect(Doubles)
      yield* connection.send(21)
      expect(yield* Stream.runHead(connection.messages)).toEqual(Option.some(42))
    }),
  )

  overEachTransport("connects to its other listeners, and to a server that refuses", () =>
    Effect.gen(function* () {
      const { connect, connectTo, events, server } = yield* Testing.serve({
        handler: Handler.echo(),
        settings: { maxConns: 2 },
      })
      yield* connect()
      const second = yield* server.listen("127.0.0.1:0")
      const other = yield* connectTo(second.endpoint)
      yield* other.sendText("other")
      expect(yield* Testing.receiveText(other)).toBe("other")
      yield* Effect.flatMap(connectTo(second.endpoint), ({ closed }) => closed)
      yield* events.one("ConnectionRefused")
    }),
  )

  it.scoped("listens on a given endpoint, next to other servers, under TestClock", () =>
    Effect.gen(function* () {
      const one = yield* Testing.serve({
        handler: Handler.discard(),
        endpoint: "127.0.0.1:9000",
        settings: { idleTimeout: "1 minute" },
      })
      const two = yield* Testing.serve({ handler: Handler.discard(), endpoint: "127.0.0.2:9000" })
      const [ends, stays] = yield* Effect.all([one.connect(), two.connect()])
      yield* TestClock.adjust("66 seconds")
      yield* one.events.expectInOrder({ _tag: "ConnectionClosed", reason: { _tag: "IdleTimeout" } })
      yield* ends.peerEnded
      yield* stays.send(utf8("still here"))
      yield* two.events.expectInOrder({ _tag: "FrameReceived", bytes: utf8("still here") })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("takes the services of a handler from the context, and its host from a virtual network", () =>
    Effect.gen(function* () {
      const { connect } = yield* Testing.serve({
        handler: (connection) => Effect.flatMap(Greeting, (text) => connection.sendText(text)),
        endpoint: "server:0",
      }).pipe(Effect.provideService(Greeting, "hello"), Effect.provide(VirtualNetwork.host("server")))
      const connection = yield* Effect.provide(connect(), VirtualNetwork.host("client"))
      expect(yield* Testing.receiveText(connection)).toBe("hello")
      expect(yield* Testing.receiveText(connection)).toBe(undefined)
    }).pipe(Effect.provide(VirtualNetwork.layer())),
  )
})

describe("the timeout of the waits of the test kit", () => {
  const late = Effect.gen(function* () {
    const { events } = yield* Testing.serve({ handler: Handler.discard() })
    return (yield* Effect.flip(events.one("ConnectionOpened"))).message.split(";")[0]
  })
  const variable = (value: string) =>
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["TCPFX_TESTING_WITHIN", value]])))

  it.scoped("is in an environment variable, or in an option", () =>
    Effect.gen(function* () {
      expect(yield* late.pipe(variable("2 millis"))).toBe("ConnectionOpened did not come within 2ms")
      const { connectPeer } = yield* Testing.serve({ handler: Handler.discard(), within: "3 millis" })
      const silent = { _tag: "UnexpectedBytes", problem: "silent" }
      expect(yield* Effect.flip(Effect.flatMap(connectPeer(), (peer) => peer.take(1)))).toMatchObject(silent)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

describe("the test kit receives from a connection", () => {
  const counting = Testing.layer({
    handler: (connection) => Effect.forEach(["one", "two"], connection.sendText),
    settings: { frame: Framing.line },
  })

  it.scoped("each payload as text, then undefined", () =>
    Effect.gen(function* () {
      const connection = yield* Testing.connect()
      expect(yield* Effect.replicateEffect(Testing.receiveText(connection), 3)).toEqual(["one", "two", undefined])
    }).pipe(Effect.provide(counting)),
  )

  it.scoped("a number of bytes, and the rest", () =>
    Effect.gen(function* () {
      const connection = yield* Testing.connect()
      expect(yield* Testing.receiveBytes(connection, 1)).toEqual(utf8("one"))
      expect(yield* Testing.receiveAll(connection)).toEqual(utf8("two"))
      expect(yield* Testing.receiveBytes(connection, 1)).toEqual(utf8(""))
    }).pipe(Effect.provide(counting)),
  )
})
