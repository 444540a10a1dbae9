import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Client, ClientConfig } from "../../src/client/index.ts"
import { Codec, CodecError, Framing, type ServerEvent, SettingsError, tcpEndpoint } from "../../src/domain/index.ts"
import { Hub } from "../../src/hub/index.ts"
import { type Messages, msgPack, Protocol } from "../../src/protocol/index.ts"
import { Server, ServerConfig } from "../../src/server/index.ts"
import { nextTurn } from "../../src/testing/turns.ts"
import { MemoryTransport, NodeTransport } from "../../src/transport/index.ts"

const Say = Schema.TaggedStruct("Say", { text: Schema.String })
const Heard = Schema.TaggedStruct("Heard", { from: Schema.Number, text: Schema.String })
const Chat = Protocol.make("chat", { toServer: Say, toClient: Heard })
const Packed = Protocol.make("packed", {
  toServer: Say,
  toClient: Heard,
  coding: msgPack,
  framing: Framing.lengthPrefixed({ field: "u32be" }),
})

const anywhere = tcpEndpoint("127.0.0.1", 0)
const utf8 = (text: string) => new TextEncoder().encode(text)
const memory = Effect.provide(MemoryTransport.layer())

/** Collects a number of messages. */
const take = <A, E, R>(stream: Stream.Stream<A, E, R>, count: number) =>
  Effect.map(Stream.runCollect(Stream.take(stream, count)), Chunk.toReadonlyArray)

/** The events of one kind, in order, until the connection has closed. */
const untilClosed = (events: Stream.Stream<ServerEvent>) =>
  Effect.map(
    Stream.runCollect(
      Stream.takeUntil(
        Stream.filter(events, ({ _tag }) => _tag === "MessageInvalid" || _tag === "ConnectionClosed"),
        ({ _tag }) => _tag === "ConnectionClosed",
      ),
    ),
    Chunk.toReadonlyArray,
  )

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
    const { endpoint } = yield* server.listen(anywhere)
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

const good = (text: string) => `{"_tag":"Say","text":"${text}"}\n`
const bad = `{"_tag":"Say","text":5}\n`

const reading = {
  "a loop": <In, Out>({ runForEach }: Messages<In, Out>, keep: (message: In) => Effect.Effect<void>) =>
    runForEach(keep),
  "a stream": <In, Out>({ messages }: Messages<In, Out>, keep: (message: In) => Effect.Effect<void>) =>
    Stream.runForEach(messages, keep),
  receive: <In, Out>({ receive }: Messages<In, Out>, keep: (message: In) => Effect.Effect<void>) =>
    Effect.asVoid(
      Effect.repeat(Effect.tap(receive, Option.match({ onNone: () => Effect.void, onSome: keep })), {
        until: Option.isNone,
      }),
    ),
}
type Reading = keyof typeof reading

/** A server whose handler keeps the texts, and a client that sends bytes to it. */
const listening = (onInvalid: "close" | "skip", reads: Reading) =>
  Effect.gen(function* () {
    const texts: Array<string> = []
    const failure = yield* Deferred.make<unknown>()
    const keep = ({ text }: { readonly text: string }) => Effect.sync(() => void texts.push(text))
    const server = yield* Server.make({
      protocol: Chat,
      onInvalid,
      handler: (connection) =>
        reading[reads](connection, keep).pipe(Effect.onExit((exit) => Deferred.succeed(failure, exit))),
    })
    const { endpoint } = yield* server.listen(anywhere)
    const events = yield* server.subscribeEvents()
    const client = yield* Client.make()
    return { texts, server, events, failure, raw: yield* client.connect(endpoint) }
  })

describe.each(["a loop", "a stream", "receive"] as const)("a message that cannot be decoded, read by %s", (reads) => {
  it.scoped("closes the connection with its reason, after the messages before it", () =>
    Effect.gen(function* () {
      const { events, failure, raw, texts } = yield* listening("close", reads)
      yield* raw.send(utf8(good("a") + good("b") + bad + good("c")))
      const place = { codec: "json", frame: 3, offset: 2 * good("a").length }
      const [invalid, closed] = yield* untilClosed(events)
      expect(invalid).toMatchObject({
        _tag: "MessageInvalid",
        id: 1,
        ...place,
        problem: "text: Expected string, actual 5",
        parseError: { _tag: "ParseError" },
      })
      expect(closed).toMatchObject({
        _tag: "ConnectionClosed",
        reason: { _tag: "MessageInvalid", ...place, problem: "text: Expected string, actual 5" },
      })
      expect(texts).toEqual(["a", "b"])
      expect(yield* failure).toMatchObject({ cause: { error: { _tag: "CodecError", ...place } } })
    }).pipe(memory),
  )

  it.scoped("is skipped if the protocol says so, and each has its place", () =>
    Effect.gen(function* () {
      const { events, raw, texts } = yield* listening("skip", reads)
      const text = good("first") + bad + good("é") + bad + bad + good("last")
      const bytes = utf8(text)
      // The second bad message begins in one read and ends in another.
      const cut = utf8(good("first") + bad + good("é")).length + 5
      yield* raw.send(bytes.subarray(0, cut))
      yield* raw.send(bytes.subarray(cut))
      yield* raw.halfClose
      const places = (yield* untilClosed(events)).flatMap((event) =>
        event._tag === "MessageInvalid" ? [[event.frame, event.offset]] : [],
      )
      const second = utf8(good("first") + bad + good("é")).length
      expect(places).toEqual([
        [2, good("first").length],
        [4, second],
        [5, second + bad.length],
      ])
      expect(texts).toEqual(["first", "é", "last"])
    }).pipe(memory),
  )

  it.scoped("has its place after bytes that the framing skipped", () =>
    Effect.gen(function* () {
      const Slip = Protocol.make("slip", { toServer: Schema.Number, toClient: Schema.Number, framing: Framing.slip })
      const server = yield* Server.make({
        protocol: Slip,
        onInvalid: "skip",
        settings: { maxFrame: 4 },
        handler: (connection) => reading[reads](connection, () => Effect.void),
      })
      const { endpoint } = yield* server.listen(anywhere)
      const events = yield* server.subscribeEvents()
      const raw = yield* (yield* Client.make()).connect(endpoint)
      yield* raw.send(
        utf8("1\xc0toolong\xc0no\xc0\xc02\xc0x\xc0".replaceAll("\xc0", "|")).map((b) => (b === 124 ? 0xc0 : b)),
      )
      yield* raw.halfClose
      const places = (yield* untilClosed(events)).flatMap((event) =>
        event._tag === "MessageInvalid" ? [[event.frame, event.offset]] : [],
      )
      expect(places).toEqual([
        [2, 10],
        [4, 16],
      ])
    }).pipe(memory),
  )
})

class Word extends Context.Tag("test/Word")<Word, string>() {}

describe("an effect for messages that cannot be decoded", () => {
  it.scoped("can answer the peer with a service, and the next message is read", () =>
    Effect.gen(function* () {
      const server = yield* Server.make({
        protocol: Chat,
        handler: (connection) => connection.runForEach(({ text }) => connection.send({ _tag: "Heard", from: 0, text })),
        onInvalid: ({ frame = 0 }, connection) =>
          Effect.flatMap(Word, (text) => connection.send({ _tag: "Heard", from: frame, text })),
      })
      const { endpoint } = yield* server.listen(anywhere)
      const client = yield* Client.make({ frame: Framing.line })
      const raw = yield* client.connect(endpoint)
      yield* raw.send(utf8("nonsense"))
      yield* raw.send(utf8(`{"_tag":"Say","text":"a"}`))
      expect((yield* take(raw.frames, 2)).map((line) => new TextDecoder().decode(line))).toEqual([
        '{"_tag":"Heard","from":1,"text":"sorry"}',
        '{"_tag":"Heard","from":0,"text":"a"}',
      ])
    }).pipe(Effect.provideService(Word, "sorry"), memory),
  )

  it.scoped("closes the connection with the reason if it fails", () =>
    Effect.gen(function* () {
      const client = yield* Client.make()
      const server = yield* Server.make({
        settings: { frame: Framing.line },
        handler: (connection) => Effect.zipRight(connection.send(utf8("no")), connection.peerEnded),
      })
      const { endpoint } = yield* server.listen(anywhere)
      const asked = yield* Ref.make(0)
      const connection = yield* client.connect(endpoint, Chat, {
        onInvalid: (error) =>
          Effect.zipRight(
            Ref.update(asked, (n) => n + 1),
            Effect.fail(error),
          ),
      })
      const error = yield* Effect.flip(Stream.runDrain(connection.messages))
      expect(error).toMatchObject({ _tag: "CodecError", frame: 1, offset: 0 })
      expect((yield* connection.closed).reason).toMatchObject({ _tag: "MessageInvalid", frame: 1, offset: 0 })
      expect(yield* asked).toBe(1)
    }).pipe(memory),
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
      const { endpoint } = yield* server.listen(anywhere)
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
      const { endpoint } = yield* server.listen(anywhere)
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
      const { endpoint } = yield* server.listen(anywhere)
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
      const { endpoint } = yield* server.listen(anywhere)
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
      const { endpoint } = yield* server.listen(anywhere)
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
      const { endpoint } = yield* server.listen(anywhere)
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

describe("a framing that is not the one of the protocol", () => {
  const refusedBy = <A, E, R>(effect: Effect.Effect<A, E | SettingsError, R>) =>
    Effect.map(Effect.flip(effect), (error) => (error instanceof SettingsError ? error.message : String(error)))

  it.scoped("is refused when a server is made, with both names", () =>
    Effect.gen(function* () {
      const made = Server.make({ protocol: Packed, handler: () => Effect.void, settings: { frame: Framing.line } })
      expect(yield* refusedBy(made)).toBe(
        "the setting frame cannot be line: the settings have line frames, but the protocol packed has len:u32be frames; it takes the framing of the protocol, len:u32be",
      )
      const layer = Server.layer({ handler: Packed.handler(() => Effect.void) }).pipe(
        Layer.provide(ServerConfig.layer({ frame: Framing.json, listen: anywhere })),
      )
      expect(yield* refusedBy(Layer.build(layer))).toContain("the settings have json frames")
    }).pipe(memory),
  )

  it.scoped("is refused in a shared hub", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make({ framing: Framing.line })
      const made = Server.make({ protocol: Packed, handler: () => Effect.void, hub })
      expect(yield* refusedBy(made)).toContain("the hub has line frames, but the protocol packed has len:u32be frames")
      expect(yield* refusedBy(Packed.hub(hub))).toContain("the hub has line frames")
    }).pipe(memory),
  )

  it.scoped("is refused by a client before it connects", () =>
    Effect.gen(function* () {
      const client = Client.layer.pipe(Layer.provide(ClientConfig.layer({ frame: Framing.line })))
      expect(yield* refusedBy(Effect.provide(Client.connect(anywhere, Packed), client))).toContain(
        "the settings have line frames, but the protocol packed has len:u32be frames",
      )
    }).pipe(memory),
  )

  it.scoped("is refused when a client is made for the protocol", () =>
    Effect.gen(function* () {
      const names = "the settings have line frames, but the protocol packed has len:u32be frames"
      expect(yield* refusedBy(Client.make({ protocol: Packed, frame: Framing.line }))).toContain(names)
      const layer = Client.layerProtocol(Packed).pipe(Layer.provide(ClientConfig.layer({ frame: Framing.line })))
      expect(yield* refusedBy(Layer.build(layer))).toContain(names)
      expect(yield* refusedBy(Client.make({ protocol: Packed, frame: Framing.raw }))).toContain("raw")
    }).pipe(memory),
  )

  it.scoped("is refused by a client that is made for another protocol", () =>
    Effect.gen(function* () {
      const client = yield* Client.make({ protocol: Packed })
      const names = "the settings have len:u32be frames, but the protocol chat has line frames"
      expect(yield* refusedBy(client.connect(anywhere, Chat))).toContain(names)
      expect(yield* refusedBy(client.run(anywhere, Chat, () => Effect.void))).toContain(names)
      expect(yield* refusedBy(client.session(anywhere, { protocol: Chat }))).toContain(names)
    }).pipe(memory),
  )

  it.scoped("ends the connection of a handler that has lost its protocol, with both names", () =>
    Effect.gen(function* () {
      const handler = Packed.handler(() => Effect.void)
      const server = yield* Server.make({
        settings: { frame: Framing.line },
        handler: (connection) => handler(connection),
        onHandlerFailure: () => Effect.void,
      })
      const { endpoint } = yield* server.listen(anywhere)
      const connection = yield* (yield* Client.make()).connect(endpoint)
      const events = yield* server.subscribeEvents()
      yield* connection.closed
      const [closed] = yield* untilClosed(events)
      expect(JSON.stringify(closed)).toContain("the connection has line frames, but the protocol packed has len:u32be")
    }).pipe(memory),
  )

  it.scoped("is accepted if only the object differs", () =>
    Effect.gen(function* () {
      const frame = Framing.lengthPrefixed({ field: "u32be" })
      const server = yield* Server.make({ protocol: Packed, handler: () => Effect.void, settings: { frame } })
      expect(server.hub.framing.name).toBe("len:u32be")
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
    const { endpoint } = yield* server.listen(anywhere)
    const connection = yield* (yield* Client.make()).connect(endpoint, Whole)
    expect(yield* Effect.flip(connection.send(0.5))).toBeInstanceOf(CodecError)
    yield* connection.send(3)
    expect(yield* take(connection.messages, 1)).toEqual([3])
  }).pipe(memory),
)
