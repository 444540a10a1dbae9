import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Client } from "../../src/client/index.ts"
import { CodecError, Framing } from "../../src/domain/index.ts"
import { Protocol } from "../../src/protocol/index.ts"
import { Server } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { anyPort, overEachTransport } from "../support/eachTransport.ts"
import { utf8 } from "../support/texts.ts"

const Login = Schema.TaggedStruct("Login", { name: Schema.String })
const Add = Schema.TaggedStruct("Add", { value: Schema.Int })
const Welcome = Schema.TaggedStruct("Welcome", { name: Schema.String })
const Sum = Schema.TaggedStruct("Sum", { value: Schema.Int })
const Summing = Protocol.make("summing", { toServer: Schema.Union(Login, Add), toClient: Schema.Union(Welcome, Sum) })

const quick = { jitter: 0, baseDelay: Duration.millis(20), maxDelay: Duration.millis(20) }
const memory = Effect.provide(MemoryTransport.layer())

/** Adds the values of each connection, and ends the connection when the sum is 100 or more. */
const summingServer = Effect.gen(function* () {
  const server = yield* Server.make({
    protocol: Summing,
    handler: (connection) =>
      Effect.gen(function* () {
        let sum = 0
        yield* connection.runForEach((message) => {
          if (message._tag === "Login") return connection.send({ _tag: "Welcome", name: message.name })
          sum += message.value
          const sent = connection.send({ _tag: "Sum", value: sum })
          return sum < 100 ? sent : Effect.zipRight(sent, connection.close)
        })
      }),
  })
  const { endpoint } = yield* server.listen(anyPort)
  return { server, endpoint }
})

const take = <A, E>(stream: Stream.Stream<A, E>, count: number) =>
  Effect.map(Stream.runCollect(Stream.take(stream, count)), Chunk.toReadonlyArray)

describe("a session with a protocol", () => {
  overEachTransport("carries messages over reconnects, and logs in with messages on each connection", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* summingServer
      const client = yield* Client.make()
      const logins: Array<Option.Option<string>> = []
      const session = yield* client.session(endpoint, {
        protocol: Summing,
        reconnect: quick,
        onConnect: (connection) =>
          Effect.gen(function* () {
            yield* connection.send({ _tag: "Login", name: "ann" })
            const first = yield* Stream.runHead(connection.messages)
            logins.push(Option.map(first, (message) => (message._tag === "Welcome" ? message.name : "nobody")))
          }),
      })
      for (const value of [1, 99]) yield* session.send({ _tag: "Add", value })
      expect(yield* take(session.messages, 2)).toEqual([
        { _tag: "Sum", value: 1 },
        { _tag: "Sum", value: 100 },
      ])
      // The server closes the connection at 100. The next connection has a sum of its own.
      const next = yield* Effect.fork(take(session.messages, 1))
      yield* Stream.runHead(Stream.filter(session.connections, () => logins.length === 2))
      yield* session.send({ _tag: "Add", value: 5 })
      expect(yield* Fiber.join(next)).toEqual([{ _tag: "Sum", value: 5 }])
      expect(logins).toEqual([Option.some("ann"), Option.some("ann")])
      yield* session.close
    }),
  )

  it.scoped("does not put a message into the outbox that cannot be encoded", () =>
    Effect.gen(function* () {
      const client = yield* Client.make()
      const session = yield* client.session("127.0.0.1:1", { protocol: Summing, reconnect: quick })
      expect(yield* Effect.flip(session.send({ _tag: "Add", value: 0.5 }))).toBeInstanceOf(CodecError)
      yield* session.send({ _tag: "Add", value: 1 })
      expect(yield* session.state).toEqual({ isConnected: false, pendingBytes: 24, pendingFrames: 1 })
    }).pipe(memory),
  )

  const sum = (value: unknown) => `{"_tag":"Sum","value":${value}}`

  /** A server whose connections send a valid, an invalid and a valid message. */
  const garbling = Testing.serve({
    handler: (connection) => {
      const lines = [sum(connection.id), sum('"x"'), sum(7)]
      return Effect.zipRight(
        Effect.forEach(lines, (line) => connection.sendText(line)),
        connection.peerEnded,
      )
    },
    settings: { frame: Framing.line },
  })

  it.scoped("connects again after a message that cannot be decoded, and counts places for each connection", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* garbling
      const client = yield* Client.make()
      const events = yield* Testing.probe(client.subscribeEvents())
      const session = yield* client.session(endpoint, { protocol: Summing, reconnect: quick })
      const messages = yield* Effect.fork(take(session.messages, 2))
      yield* events.first("Reconnecting", 1)
      yield* TestClock.adjust("20 millis")
      expect(yield* Fiber.join(messages)).toEqual([
        { _tag: "Sum", value: 1 },
        { _tag: "Sum", value: 2 },
      ])
      const places = (yield* events.first("MessageInvalid", 2)).map(({ frame, offset }) => [frame, offset])
      expect(places).toEqual([
        [2, sum(1).length + 1],
        [2, sum(1).length + 1],
      ])
      const [lost] = yield* events.first("Disconnected", 1)
      expect(lost?.reason).toMatchObject({ _tag: "MessageInvalid", codec: "json", frame: 2 })
      expect((yield* events.first("Reconnecting", 1))[0]?.cause).toContain("value: Expected")
    }).pipe(memory),
  )

  it.scoped("stays connected with onInvalid skip, or with an effect that has a service", () =>
    Effect.gen(function* () {
      const { endpoint, events } = yield* garbling
      const client = yield* Client.make()
      const skipping = yield* client.session(endpoint, { protocol: Summing, onInvalid: "skip" })
      expect(yield* take(skipping.messages, 2)).toEqual([
        { _tag: "Sum", value: 1 },
        { _tag: "Sum", value: 7 },
      ])
      const answering = yield* client.session(endpoint, {
        protocol: Summing,
        onInvalid: ({ frame }, connection) =>
          Effect.flatMap(Name, (name) => connection.send({ _tag: "Login", name: `${name} ${frame}` })),
      })
      expect((yield* take(answering.messages, 2)).map((message) => message._tag)).toEqual(["Sum", "Sum"])
      const [answer] = yield* events.first("FrameReceived", 1)
      expect(answer?.bytes).toEqual(utf8('{"_tag":"Login","name":"ann 2"}'))
    }).pipe(Effect.provideService(Name, "ann"), memory),
  )

  it.scoped("gives the services of its context to the schemas", () =>
    Effect.gen(function* () {
      const Signed = Schema.transformOrFail(Schema.String, Schema.String, {
        decode: (text) => Effect.map(Name, (name) => `${text} for ${name}`),
        encode: (text) => Effect.map(Name, (name) => `${text} from ${name}`),
      })
      const Names = Protocol.make("names", { toServer: Signed, toClient: Signed })
      const server = yield* Server.make({
        protocol: Names,
        handler: (connection) => connection.runForEach((text) => connection.send(text)),
      })
      const { endpoint } = yield* server.listen(anyPort)
      const session = yield* (yield* Client.make()).session(endpoint, { protocol: Names })
      yield* session.send("hello")
      // Each side signs when it sends, and reads with its own name.
      expect(yield* take(session.messages, 1)).toEqual(["hello from ann for ann from ann for ann"])
    }).pipe(Effect.provideService(Name, "ann"), memory),
  )
})

class Name extends Context.Tag("test/Name")<Name, string>() {}

describe("run with a protocol", () => {
  overEachTransport("runs the program with messages, and again after a loss", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* summingServer
      const client = yield* Client.make()
      const sums: Array<number> = []
      const ended = yield* client.run(
        endpoint,
        Summing,
        (connection) =>
          Effect.gen(function* () {
            yield* connection.send({ _tag: "Add", value: sums.length === 0 ? 100 : 5 })
            yield* connection.runForEach((message) => {
              if (message._tag === "Sum") sums.push(message.value)
              return sums.length === 2 ? Effect.fail("enough") : Effect.void
            })
          }).pipe(Effect.catchIf((error) => error === "enough", Effect.succeed)),
        quick,
      )
      expect(ended).toBe("enough")
      expect(sums).toEqual([100, 5])
    }),
  )

  it.scoped("fails with the error of a message that cannot be decoded", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* Testing.serve({
        handler: (connection) => connection.sendText("no"),
        settings: { frame: Framing.line },
      })
      const client = yield* Client.make()
      const running = client.run(endpoint, Summing, (connection) => connection.runForEach(() => Effect.void))
      expect(yield* Effect.flip(running)).toMatchObject({ _tag: "CodecError", frame: 1, offset: 0 })
      const skipped = client.run(
        endpoint,
        Summing,
        (connection) => connection.runForEach(() => Effect.void),
        { onPeerEnd: "end" },
        { onInvalid: "skip" },
      )
      yield* skipped
    }).pipe(memory),
  )

  it.scoped("of the protocol takes the client of the context", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* summingServer
      const head = yield* Summing.run(endpoint, (connection) =>
        Effect.zipRight(connection.send({ _tag: "Add", value: 3 }), Stream.runHead(connection.messages)),
      )
      expect(Option.getOrThrow(head)).toEqual({ _tag: "Sum", value: 3 })
      const session = yield* Summing.session(endpoint)
      yield* session.send({ _tag: "Add", value: 4 })
      expect(yield* take(session.messages, 1)).toEqual([{ _tag: "Sum", value: 4 }])
    }).pipe(Effect.provideServiceEffect(Client, Client.make()), memory),
  )
})
