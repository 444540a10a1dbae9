import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Client, ClientConfig } from "../../src/client/index.ts"
import { Codec, CodecError, Framing } from "../../src/domain/index.ts"
import { msgPack, Protocol } from "../../src/protocol/index.ts"
import { Server } from "../../src/server/index.ts"
import { nextTurn } from "../../src/testing/turns.ts"
import { MemoryTransport, NodeTransport } from "../../src/transport/index.ts"
import { Chat, Heard, Packed, Say, take, untilClosed } from "../support/chatProtocol.ts"
import { anyPort } from "../support/eachTransport.ts"
import { utf8 } from "../support/texts.ts"

class Word extends Context.Tag("test/Word")<Word, string>() {}

const memory = Effect.provide(MemoryTransport.layer())

describe.each([
  ["JSON", Chat],
  ["MessagePack", Packed],
])("a protocol with %s", (_, protocol) => {
  const program = Effect.gen(function* () {
    const server = yield* Server.make({
      protocol,
      handler: (connection) =>
        connection.runForEach(({ text }) =>
          Effect.zipRight(
            connection.send({ _tag: "Heard", from: 0, text: text.toUpperCase() }),
            connection.broadcast({ _tag: "Heard", from: connection.id, text }),
          ),
        ),
    })
    const { endpoint } = yield* server.listen(anyPort)
    const client = yield* Client.make()
    const ada = yield* client.connect(endpoint, protocol)
    const bob = yield* client.connect(endpoint, protocol)
    yield* bob.send({ _tag: "Say", text: "bob is here" })
    yield* take(bob.messages, 1)
    yield* ada.send({ _tag: "Say", text: "grüß\ngott" })
    // Ada may get what Bob says before or after her own answer.
    const answers = (yield* take(ada.messages, 2)).filter(({ from }) => from === 0)
    return [...answers, ...(yield* take(bob.messages, 1))]
  })
  const expected = [
    { _tag: "Heard", from: 0, text: "GRÜSS\nGOTT" },
    { _tag: "Heard", from: 1, text: "grüß\ngott" },
  ]

  it.scoped("carries its messages both ways, and to the others", () =>
    Effect.gen(function* () {
      expect(yield* program).toEqual(expected)
    }).pipe(memory),
  )

  it.scopedLive("carries its messages over sockets", () =>
    Effect.gen(function* () {
      expect(yield* program).toEqual(expected)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

describe("a client with a protocol", () => {
  it.scoped("that is made for it has its framing, also for payloads", () =>
    Effect.gen(function* () {
      const server = yield* Server.make({
        protocol: Packed,
        handler: (connection) =>
          connection.runForEach(({ text }) => connection.send({ _tag: "Heard", from: connection.id, text })),
      })
      const { endpoint } = yield* server.listen(anyPort)
      const ask = Effect.gen(function* () {
        const connection = yield* Client.connect(endpoint, Packed)
        yield* connection.send({ _tag: "Say", text: "hello" })
        const raw = yield* Effect.flatMap(Client, (client) => client.connect(endpoint))
        yield* raw.send(Either.getOrThrow(msgPack(Say).encode({ _tag: "Say", text: "raw" })))
        const [payload] = yield* take(raw.frames, 1)
        return [...(yield* take(connection.messages, 1)), payload && (yield* msgPack(Heard).decode(payload))]
      })
      expect(
        yield* Effect.provide(ask, Client.layerProtocol(Packed).pipe(Layer.provide(ClientConfig.layer()))),
      ).toEqual([
        { _tag: "Heard", from: 1, text: "hello" },
        { _tag: "Heard", from: 2, text: "raw" },
      ])
    }).pipe(memory),
  )

  it.scoped("emits an event for a message that it cannot decode, and closes the connection", () =>
    Effect.gen(function* () {
      const server = yield* Server.make({
        settings: { frame: Framing.line },
        handler: (connection) => Effect.zipRight(connection.send(utf8("no")), connection.peerEnded),
      })
      const { endpoint } = yield* server.listen(anyPort)
      const client = yield* Client.make()
      const events = yield* client.subscribeEvents()
      const connection = yield* client.connect(endpoint, Chat)
      yield* Effect.flip(connection.runForEach(() => Effect.void))
      const seen = yield* take(
        Stream.filter(events, ({ _tag }) => _tag === "MessageInvalid" || _tag === "Disconnected"),
        2,
      )
      expect(seen).toMatchObject([
        { _tag: "MessageInvalid", codec: "json", frame: 1, offset: 0 },
        { _tag: "Disconnected", reason: { _tag: "MessageInvalid", codec: "json", frame: 1, offset: 0 } },
      ])
    }).pipe(memory),
  )
})

describe("a handler of a protocol", () => {
  it.scoped("brings the framing of the protocol to its server", () =>
    Effect.gen(function* () {
      const handler = Packed.handler((connection) =>
        connection.runForEach(({ text }) => connection.send({ _tag: "Heard", from: connection.id, text })),
      )
      const server = yield* Server.make({ handler })
      const { endpoint } = yield* server.listen(anyPort)
      const connection = yield* (yield* Client.make()).connect(endpoint, Packed)
      yield* connection.send({ _tag: "Say", text: "hello" })
      expect(yield* take(connection.messages, 1)).toEqual([{ _tag: "Heard", from: 1, text: "hello" }])
      expect(server.hub.framing).toBe(Packed.framing)
    }).pipe(memory),
  )

  it.scoped("gets the services of its schemas from the context of the server", () =>
    Effect.gen(function* () {
      const Greeting = Schema.filterEffect(Schema.String, (text) => Effect.map(Word, (word) => text === word))
      const Strict = Protocol.make("strict", { toServer: Greeting, toClient: Schema.Number })
      const server = yield* Server.make({
        protocol: Strict,
        onInvalid: "skip",
        handler: (connection) => connection.runForEach(({ length }) => connection.send(length)),
      })
      const { endpoint } = yield* server.listen(anyPort)
      const raw = yield* (yield* Client.make({ frame: Framing.line })).connect(endpoint)
      for (const text of ["hi", "hello", "hey"]) yield* raw.send(utf8(JSON.stringify(text)))
      yield* raw.halfClose
      expect((yield* take(raw.frames, 2)).map((line) => new TextDecoder().decode(line))).toEqual(["5"])
    }).pipe(Effect.provideService(Word, "hello"), memory),
  )
})

describe("the hub of a protocol", () => {
  it.scoped("carries messages of the program to clients, encoded once", () =>
    Effect.gen(function* () {
      let encoded = 0
      const counting: Codec.Codec<string> = {
        ...Codec.text,
        encode: (text) => {
          encoded++
          return Codec.text.encode(text)
        },
      }
      const News = Protocol.make("news", { toServer: Codec.text, toClient: counting })
      const ready = yield* Deferred.make<void>()
      const server = yield* Server.make({
        protocol: News,
        handler: (connection) => connection.runForEach((text) => connection.broadcast(text)),
      })
      const { endpoint } = yield* server.listen(anyPort)
      const opened = yield* server.subscribeEvents()
      const client = yield* Client.make()
      const readers = yield* Effect.replicateEffect(client.connect(endpoint, News), 3)
      yield* Stream.runDrain(
        Stream.take(
          Stream.filter(opened, ({ _tag }) => _tag === "ConnectionOpened"),
          3,
        ),
      )
      yield* Deferred.succeed(ready, undefined)
      const hub = yield* News.hub(server.hub)
      const own = yield* hub.subscribe()
      yield* hub.publish("from the program")
      expect(encoded).toBe(1)
      yield* readers[0]?.send("from a client") ?? Effect.void
      expect(yield* take(own, 2)).toEqual(["from the program", "from a client"])
      expect(encoded).toBe(2)
      expect(yield* take(readers[1]?.messages ?? Stream.empty, 2)).toEqual(["from the program", "from a client"])
    }).pipe(memory),
  )

  it.scoped("disconnects a client that reads too slowly, and its handler ends", () =>
    Effect.gen(function* () {
      const News = Protocol.make("news", { toServer: Codec.text, toClient: Codec.text })
      const server = yield* Server.make({
        protocol: News,
        settings: { hubBudget: 1000 },
        handler: (connection) => connection.runForEach(() => Effect.void),
      })
      const { endpoint } = yield* server.listen(anyPort)
      const events = yield* server.subscribeEvents()
      const client = yield* Client.make()
      const slow = yield* client.connect(endpoint, News)
      yield* slow.pause
      const hub = yield* News.hub(server.hub)
      const closed = yield* Effect.fork(untilClosed(events))
      // The hub delivers at the end of a turn of the event loop.
      yield* Effect.repeat(Effect.zipRight(hub.publish("x".repeat(64 * 1024)), nextTurn), {
        until: () => Effect.map(server.counts, (counts) => counts.closed === 1),
      })
      expect(yield* closed).toMatchObject([{ reason: { _tag: "SlowConsumer" } }])
    }).pipe(memory),
  )
})

it.scoped("a message that the codec cannot encode is not sent", () =>
  Effect.gen(function* () {
    const Whole = Protocol.make("whole", { toServer: Schema.Int, toClient: Schema.Int })
    const server = yield* Server.make({
      protocol: Whole,
      handler: (connection) => connection.runForEach((value) => connection.send(value)),
    })
    const { endpoint } = yield* server.listen(anyPort)
    const connection = yield* (yield* Client.make()).connect(endpoint, Whole)
    expect(yield* Effect.flip(connection.send(0.5))).toBeInstanceOf(CodecError)
    yield* connection.send(3)
    expect(yield* take(connection.messages, 1)).toEqual([3])
  }).pipe(memory),
)
