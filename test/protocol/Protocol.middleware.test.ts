import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import { pipe } from "effect/Function"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Client } from "../../src/client/index.ts"
import { Framing } from "../../src/domain/index.ts"
import { Protocol } from "../../src/protocol/index.ts"
import { Attribute, Middleware, PeerRefusedError, Server } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { anyPort, overEachTransport } from "../support/eachTransport.ts"

const nul = Framing.delimited(Uint8Array.of(0))
const Login = Schema.TaggedStruct("Login", { name: Schema.String, password: Schema.String })
const Say = Schema.TaggedStruct("Say", { text: Schema.String })
const Heard = Schema.TaggedStruct("Heard", { user: Schema.String, text: Schema.String })
const Refused = Schema.TaggedStruct("Refused", { why: Schema.String })
const Chat = Protocol.make("chat", {
  toServer: Schema.Union(Login, Say),
  toClient: Schema.Union(Heard, Refused),
  framing: nul,
})
type ChatConnection = Protocol.ServerConnection<typeof Chat>

const take = <A, E>(stream: Stream.Stream<A, E>, count: number) =>
  Effect.map(Stream.runCollect(Stream.take(stream, count)), Chunk.toReadonlyArray)

const say = (text: string) => ({ _tag: "Say", text }) as const

describe("authenticate with a protocol", () => {
  const User = Attribute.make("user", () => "nobody")

  const login = Middleware.authenticate({
    as: "user",
    login: (connection: ChatConnection) =>
      Effect.flatMap(connection.receive, (first) =>
        Option.isSome(first) && first.value._tag === "Login" && first.value.password === "sesame"
          ? Effect.succeed(first.value.name)
          : new PeerRefusedError({ reason: "wrong password" }),
      ),
    answer: ({ reason }) => ({ _tag: "Refused", why: reason }),
    attribute: User,
  })

  overEachTransport("logs in with messages, and refuses with a message", () =>
    Effect.gen(function* () {
      const handler = (connection: ChatConnection & { readonly user: string }) =>
        connection.runForEach((message) =>
          message._tag === "Say"
            ? connection.send({ _tag: "Heard", user: connection.user, text: message.text })
            : Effect.void,
        )
      const server = yield* Server.make({ protocol: Chat, handler: pipe(handler, login, Middleware.metrics()) })
      const events = yield* Testing.probe(server.subscribeEvents())
      const { endpoint } = yield* server.listen(anyPort)
      const client = yield* Client.make({ protocol: Chat })
      const ann = yield* client.connect(endpoint, Chat)
      yield* ann.send({ _tag: "Login", name: "ann", password: "sesame" })
      yield* ann.send(say("hello"))
      expect(yield* take(ann.messages, 1)).toEqual([{ _tag: "Heard", user: "ann", text: "hello" }])
      expect((yield* server.connections).map((info) => User.of(info))).toEqual(["ann"])
      const eve = yield* client.connect(endpoint, Chat)
      yield* eve.send({ _tag: "Login", name: "eve", password: "guess" })
      expect(Chunk.toReadonlyArray(yield* Stream.runCollect(eve.messages))).toEqual([
        { _tag: "Refused", why: "wrong password" },
      ])
      expect((yield* events.one("ConnectionClosed")).reason).toMatchObject({ tag: "PeerRefusedError" })
    }),
  )
})

describe("rateLimit with a protocol", () => {
  const count = Ref.make(0)
  const limit = Middleware.rateLimit({ messages: 10, per: "1 second" })

  /** The ways in which a limited handler reads, outside and inside the protocol. */
  const ways = {
    "a loop around which the limit is": (seen: Ref.Ref<number>) =>
      limit(Chat.handler((connection) => connection.runForEach(() => Ref.update(seen, (n) => n + 1)))),
    "a stream around which the limit is": (seen: Ref.Ref<number>) =>
      limit(Chat.handler(({ messages }) => Stream.runForEach(messages, () => Ref.update(seen, (n) => n + 1)))),
    "a loop that gets a limited connection": (seen: Ref.Ref<number>) =>
      Chat.handler(
        pipe((connection: ChatConnection) => connection.runForEach(() => Ref.update(seen, (n) => n + 1)), limit),
      ),
    "a stream that gets a limited connection": (seen: Ref.Ref<number>) =>
      Chat.handler(
        pipe(
          ({ messages }: ChatConnection) => Stream.runForEach(messages, () => Ref.update(seen, (n) => n + 1)),
          limit,
        ),
      ),
  }

  for (const [name, handlerOf] of Object.entries(ways)) {
    it.scoped(`lets a burst through and then one message per interval, with ${name}`, () =>
      Effect.gen(function* () {
        const seen = yield* count
        const server = yield* Server.make({ handler: handlerOf(seen) })
        const { endpoint } = yield* server.listen(anyPort)
        const connection = yield* (yield* Client.make()).connect(endpoint, Chat)
        for (let at = 0; at < 30; at++) yield* connection.send(say("x"))
        const seenAfter = (millis: number) =>
          Effect.zipRight(Effect.zipRight(TestClock.adjust(millis), turns(3)), Ref.get(seen))
        expect(yield* seenAfter(0)).toBe(10)
        expect(yield* seenAfter(99)).toBe(10)
        expect(yield* seenAfter(1)).toBe(11)
        expect(yield* seenAfter(500)).toBe(16)
        expect(yield* seenAfter(10_000)).toBe(30)
      }).pipe(Effect.provide(MemoryTransport.layer())),
    )
  }

  it.scoped("keeps the places of messages that cannot be decoded", () =>
    Effect.gen(function* () {
      const server = yield* Server.make({
        handler: limit(Chat.handler(({ messages }) => Stream.runDrain(messages), { onInvalid: "skip" })),
      })
      const events = yield* Testing.probe(server.subscribeEvents())
      const { endpoint } = yield* server.listen(anyPort)
      const connection = yield* (yield* Client.make({ frame: nul })).connect(endpoint)
      const good = '{"_tag":"Say","text":"a"}'
      for (const text of [good, "bad", good, "bad"]) yield* connection.sendText(text)
      const places = (yield* events.first("MessageInvalid", 2)).map(({ frame, offset }) => [frame, offset])
      expect(places).toEqual([
        [2, good.length + 1],
        [4, 2 * (good.length + 1) + 4],
      ])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("refuses a peer that sends too fast", () =>
    Effect.gen(function* () {
      const refusing = Middleware.rateLimit({ messages: 2, per: "1 hour", whenExceeded: "refuse" })
      const server = yield* Server.make({
        handler: refusing(
          Chat.handler((connection) => connection.runForEach(() => connection.send({ _tag: "Refused", why: "" }))),
        ),
      })
      const events = yield* Testing.probe(server.subscribeEvents())
      const { endpoint } = yield* server.listen(anyPort)
      const connection = yield* (yield* Client.make()).connect(endpoint, Chat)
      for (let at = 0; at < 3; at++) yield* connection.send(say("x"))
      expect(Chunk.size(yield* Stream.runCollect(connection.messages))).toBe(2)
      expect((yield* events.one("ConnectionClosed")).reason).toMatchObject({ tag: "PeerRefusedError" })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

it.scoped("middleware around a handler of a protocol keeps the framing of the protocol", () =>
  Effect.gen(function* () {
    const handler = pipe(
      Chat.handler((connection) => connection.runForEach(() => connection.send({ _tag: "Refused", why: "no" }))),
      Middleware.authenticate({ as: "user", login: () => Effect.succeed("anyone") }),
      Middleware.rateLimit({ messages: 10 }),
      Middleware.logging(),
      Middleware.metrics(),
    )
    const server = yield* Server.make({ handler })
    expect(server.hub.framing).toBe(nul)
    const { endpoint } = yield* server.listen(anyPort)
    const connection = yield* (yield* Client.make()).connect(endpoint, Chat)
    yield* connection.send(say("x"))
    expect(yield* take(connection.messages, 1)).toEqual([{ _tag: "Refused", why: "no" }])
  }).pipe(Effect.provide(MemoryTransport.layer())),
)
