import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Client } from "../../src/client/index.ts"
import { Framing } from "../../src/domain/index.ts"
import { msgPack, Protocol, Requests } from "../../src/protocol/index.ts"
import { Rooms } from "../../src/rooms/index.ts"
import { Attribute, type Handler, type ProtocolHandler, Server } from "../../src/server/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { anyPort, overEachTransport } from "../support/eachTransport.ts"

const Ask = Schema.TaggedStruct("Ask", { id: Schema.Int, value: Schema.Number })
const Told = Schema.TaggedStruct("Told", { id: Schema.Int, value: Schema.Number })
const Failed = Schema.TaggedStruct("Failed", { id: Schema.Int, why: Schema.String })
const Maths = Protocol.make("maths", {
  toServer: Ask,
  toClient: Schema.Union(Told, Failed),
  coding: msgPack,
  framing: Framing.lengthPrefixed({ field: "u16be" }),
})

const memory = Effect.provide(MemoryTransport.layer())

const take = <A, E>(stream: Stream.Stream<A, E>, count: number) =>
  Effect.map(Stream.runCollect(Stream.take(stream, count)), Chunk.toReadonlyArray)

/** A server with a handler of `Maths`, and a function that connects to it. */
const serving = <E>(handler: Handler.FiberHandler<E, never> | ProtocolHandler<E, never>) =>
  Effect.gen(function* () {
    const server = yield* Server.make({ handler, onHandlerFailure: () => Effect.void })
    const { endpoint } = yield* server.listen(anyPort)
    const client = yield* Client.make({ protocol: Maths })
    return { server, connect: client.connect(endpoint, Maths) }
  })

const ask = (id: number, value: number) => ({ _tag: "Ask", id, value }) as const
const told = (id: number, value: number) => ({ _tag: "Told", id, value }) as const

/** The root of a positive number. */
const root = Maths.respond(
  ({ id, value }) => (value < 0 ? Effect.fail("below zero") : Effect.succeed(told(id, Math.sqrt(value)))),
  { onError: (why, { id }) => Effect.succeed({ _tag: "Failed", id, why }) },
)

describe("respond of a protocol", () => {
  overEachTransport("answers each message with a message, and failures with onError, for requests by id", () =>
    Effect.gen(function* () {
      const connection = yield* (yield* serving(root)).connect
      const requests = yield* Requests.make(connection, {
        correlate: { idOf: (message) => message.id, nextId: Requests.counter() },
        timeout: "1 minute",
      })
      const replies = yield* Effect.forEach([4, -1, 9], (value) => requests.request((id) => ask(id, value)), {
        concurrency: "unbounded",
      })
      expect(replies).toEqual([told(1, 2), { _tag: "Failed", id: 2, why: "below zero" }, told(3, 3)])
    }),
  )

  it.scoped("keeps the order of the messages with several at once, and sends no reply for undefined", () =>
    Effect.gen(function* () {
      const first = yield* Deferred.make<void>()
      const handler = Maths.respond(
        ({ id, value }) =>
          id === 1
            ? Effect.as(Deferred.await(first), told(id, value))
            : Effect.as(Deferred.succeed(first, undefined), id === 2 ? undefined : told(id, value)),
        { concurrency: 2 },
      )
      const connection = yield* (yield* serving(handler)).connect
      for (const id of [1, 2, 3]) yield* connection.send(ask(id, id))
      expect(yield* take(connection.messages, 2)).toEqual([told(1, 1), told(3, 3)])
    }).pipe(memory),
  )
})

describe("an actor of a protocol", () => {
  it.scoped("has a state that messages of the peer and of the program change, and that the server shows", () =>
    Effect.gen(function* () {
      const summing = Maths.actor({
        name: "sum",
        initial: () => Effect.succeed(0),
        receive: (sum, { id, value }, connection) => Effect.as(connection.send(told(id, sum + value)), sum + value),
        onTell: (sum, added: number, connection) => Effect.as(connection.send(told(0, sum + added)), sum + added),
      })
      const { connect, server } = yield* serving(summing)
      const connection = yield* connect
      yield* connection.send(ask(1, 3))
      expect(yield* take(connection.messages, 1)).toEqual([told(1, 3)])
      for (const info of yield* server.connections) expect(yield* summing.tell(info, 10)).toBe(true)
      expect(yield* take(connection.messages, 1)).toEqual([told(0, 13)])
      yield* connection.send(ask(2, 4))
      expect(yield* take(connection.messages, 1)).toEqual([told(2, 17)])
      expect((yield* server.connections).map((info) => summing.state.of(info))).toEqual([Option.some(17)])
    }).pipe(memory),
  )
})

describe("a connection of a server with messages", () => {
  it.scoped("has typed state, which the server shows", () =>
    Effect.gen(function* () {
      const Last = Attribute.make("last", () => 0)
      const { connect, server } = yield* serving(
        Maths.handler((connection) =>
          connection.runForEach(({ id, value }) =>
            Effect.zipRight(Last.set(connection, value), connection.send(told(id, value))),
          ),
        ),
      )
      const connection = yield* connect
      yield* connection.send(ask(1, 8))
      yield* take(connection.messages, 1)
      expect((yield* server.connections).map((info) => Last.of(info))).toEqual([8])
    }).pipe(memory),
  )

  it.scoped("does not send with trySend while more than the outbox is pending", () =>
    Effect.gen(function* () {
      const sent = yield* Deferred.make<ReadonlyArray<boolean>>()
      const server = yield* Server.make({
        protocol: Maths,
        settings: { outbox: 100 },
        handler: (connection) =>
          Effect.gen(function* () {
            yield* Effect.iterate(0, {
              while: (pending) => pending <= 100,
              body: () => Effect.zipRight(connection.sendNow(told(0, 0.5)), connection.pending),
            })
            const refused = yield* connection.trySend(told(1, 1))
            yield* connection.drained
            yield* Deferred.succeed(sent, [refused, yield* connection.trySend(told(2, 2))])
            yield* connection.peerEnded
          }),
      })
      const { endpoint } = yield* server.listen(anyPort)
      const connection = yield* (yield* Client.make()).connect(endpoint, Maths)
      const marked = Stream.filter(connection.messages, (message) => message.id !== 0)
      expect(yield* take(marked, 1)).toEqual([told(2, 2)])
      expect(yield* Deferred.await(sent)).toEqual([false, true])
    }).pipe(memory),
  )
})

describe("rooms with a protocol", () => {
  const Said = Schema.TaggedStruct("Said", { text: Schema.String })
  const Join = Schema.TaggedStruct("Join", { room: Schema.String })
  const Heard = Schema.TaggedStruct("Heard", { from: Schema.Int, room: Schema.String, text: Schema.String })
  const Chat = Protocol.make("chat", { toServer: Schema.Union(Join, Said), toClient: Heard })

  overEachTransport("carry a chat: members hear the others of their room, and the program", () =>
    Effect.gen(function* () {
      const rooms = yield* Rooms.make({ framing: Chat.framing })
      const server = yield* Server.make({
        protocol: Chat,
        handler: (connection) =>
          Effect.gen(function* () {
            const joined = Option.getOrUndefined(yield* connection.receive)
            const room = joined?._tag === "Join" ? joined.room : "lobby"
            const membership = yield* rooms.join(connection, room)
            yield* connection.send({ _tag: "Heard", from: 0, room, text: "welcome" })
            yield* connection.runForEach((message) =>
              message._tag === "Said"
                ? membership.publishAs(Chat.toClient, { _tag: "Heard", from: connection.id, room, text: message.text })
                : Effect.void,
            )
          }),
      })
      const { endpoint } = yield* server.listen(anyPort)
      const client = yield* Client.make({ protocol: Chat })
      const enter = (room: string) =>
        Effect.gen(function* () {
          const connection = yield* client.connect(endpoint, Chat)
          yield* connection.send({ _tag: "Join", room })
          expect((yield* take(connection.messages, 1)).map(({ text }) => text)).toEqual(["welcome"])
          return connection
        })
      const ann = yield* enter("red")
      const bob = yield* enter("red")
      const eve = yield* enter("blue")
      yield* ann.send({ _tag: "Said", text: "hello" })
      const heard = { _tag: "Heard", from: 1, room: "red", text: "hello" }
      expect(yield* take(bob.messages, 1)).toEqual([heard])
      for (const room of ["red", "blue"]) {
        yield* rooms.publishAs(room, Chat.toClient, { _tag: "Heard", from: 0, room, text: "to all" })
      }
      // Ann does not hear herself, and Eve hears nothing of the other room.
      for (const [connection, room] of [
        [ann, "red"],
        [bob, "red"],
        [eve, "blue"],
      ] as const) {
        expect(yield* take(connection.messages, 1)).toEqual([{ _tag: "Heard", from: 0, room, text: "to all" }])
      }
    }),
  )
})

it.scoped("a connection with messages follows TestClock: its reply comes when the clock says so", () =>
  Effect.gen(function* () {
    const handler = Maths.respond(({ id, value }) => Effect.delay(Effect.succeed(told(id, value)), "1 hour"))
    const connection = yield* (yield* serving(handler)).connect
    yield* connection.send(ask(1, 1))
    const reply = yield* Effect.fork(take(connection.messages, 1))
    yield* TestClock.adjust("59 minutes")
    yield* turns(3)
    expect(yield* Fiber.poll(reply)).toEqual(Option.none())
    yield* TestClock.adjust("1 minute")
    expect(yield* Fiber.join(reply)).toEqual([told(1, 1)])
  }).pipe(memory),
)
