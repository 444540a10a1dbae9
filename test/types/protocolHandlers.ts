// The types of handlers with messages: `respond`, `actor`, middleware, requests and rooms. The type-check reads this file;
// nothing runs it.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { pipe } from "effect/Function"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { CodecError, ConnectionClosedError, SendError } from "../../src/domain/index.ts"
import { Hub } from "../../src/hub/index.ts"
import { Protocol, Requests } from "../../src/protocol/index.ts"
import { Rooms } from "../../src/rooms/index.ts"
import { Middleware, PeerRefusedError, type ProtocolHandler, Server } from "../../src/server/index.ts"

const Ask = Schema.TaggedStruct("Ask", { id: Schema.Number, what: Schema.String })
const Told = Schema.TaggedStruct("Told", { id: Schema.Number, answer: Schema.String })
const Failed = Schema.TaggedStruct("Failed", { id: Schema.Number })
const News = Schema.TaggedStruct("News", { text: Schema.String })
const Quiz = Protocol.make("quiz", { toServer: Ask, toClient: Schema.Union(Told, Failed, News) })
type QuizServer = Protocol.ServerConnection<typeof Quiz>

class Db extends Context.Tag("types/Db")<Db, { readonly find: Effect.Effect<string, "not found"> }>() {}
class Log extends Context.Tag("types/Log")<Log, { readonly add: Effect.Effect<void> }>() {}

// The reply has the type of a message to clients, and errors and requirements are inferred.
export const failing: ProtocolHandler<SendError | CodecError | "not found", Db> = Quiz.respond(({ id }) =>
  Effect.flatMap(Db, ({ find }) => Effect.map(find, (answer) => ({ _tag: "Told", id, answer }) as const)),
)
export const safe: ProtocolHandler<SendError | CodecError, Db | Log> = Quiz.respond(
  ({ id }) => Effect.flatMap(Db, ({ find }) => Effect.map(find, (answer) => ({ _tag: "Told", id, answer }) as const)),
  {
    concurrency: 4,
    onError: (_error: "not found", { id }) =>
      Effect.as(
        Effect.flatMap(Log, ({ add }) => add),
        { _tag: "Failed", id },
      ),
  },
)
export const direct = Quiz.respond(({ id, what }) => Effect.succeed({ _tag: "Told", id, answer: what }))
// @ts-expect-error a reply is a message to clients
export const wrongReply = Quiz.respond(({ id, what }) => Effect.succeed({ _tag: "Ask", id, what }))
// @ts-expect-error the effect needs `Db`
export const withoutDb: ProtocolHandler<unknown, never> = Quiz.respond(() => Effect.as(Db, undefined))

// The state comes from `initial`, the messages of `tell` from `onTell`.
const counting = Quiz.actor({
  initial: () => Effect.succeed(0),
  receive: (count, { id, what }, connection) =>
    Effect.as(connection.send({ _tag: "Told", id, answer: `${what} ${count}` }), count + 1),
  onTell: (count, news: string, connection) => Effect.as(connection.send({ _tag: "News", text: news }), count),
})
export const states = Effect.gen(function* () {
  const server = yield* Server.make({ handler: counting })
  for (const info of yield* server.connections) {
    yield* counting.tell(info, "news")
    // @ts-expect-error the actor takes texts
    yield* counting.tell(info, 5)
  }
  const counts: ReadonlyArray<Option.Option<number>> = (yield* server.connections).map(counting.state.of)
  return counts
})
Quiz.actor({
  initial: () => Effect.succeed(0),
  // @ts-expect-error `receive` returns the next state
  receive: (_, { what }) => Effect.succeed(what),
})

// A login with messages adds a field. `answer` makes a message to clients.
const login = Middleware.authenticate({
  as: "user",
  login: (connection: QuizServer) =>
    Effect.flatMap(connection.receive, (first) =>
      Option.isSome(first) ? Effect.succeed(first.value.what) : new PeerRefusedError({ reason: "no login" }),
    ),
  answer: ({ reason }) => ({ _tag: "News", text: reason }),
})
const greet = (connection: QuizServer & { readonly user: string }) =>
  connection.send({ _tag: "News", text: connection.user })
export const loggedIn: ProtocolHandler<SendError | CodecError | ConnectionClosedError | PeerRefusedError, Scope.Scope> =
  Quiz.handler(pipe(greet, login, Middleware.rateLimit({ messages: 10 }), Middleware.logging(), Middleware.metrics()))
export const served = Server.make({ protocol: Quiz, handler: pipe(greet, login) })
// @ts-expect-error the handler needs `user`
Server.make({ protocol: Quiz, handler: greet })
Middleware.authenticate({
  as: "user",
  login: (_: QuizServer) => Effect.succeed("ann"),
  // @ts-expect-error a server sends no message of a client
  answer: () => ({ _tag: "Ask", id: 1, what: "who" }),
})
// Middleware for payloads works around the handler of a protocol.
export const around = Server.make({
  handler: pipe(counting, Middleware.rateLimit({ messages: 10 }), Middleware.logging()),
})

// Requests over a connection with messages: the type of the reply comes from the predicate.
export const asked: Effect.Effect<string, unknown, Scope.Scope> = Effect.gen(function* () {
  const requests = yield* Requests.make({} as Protocol.ClientConnection<typeof Quiz>, {
    correlate: {
      idOf: (message) => (message._tag === "News" ? undefined : message.id),
      nextId: Requests.counter(),
    },
    timeout: "1 second",
  })
  const told = yield* requests.request((id) => ({ _tag: "Ask", id, what: "who" }), Schema.is(Told))
  // @ts-expect-error a request is a message to the server
  yield* requests.request((id) => ({ _tag: "Told", id, answer: "who" }))
  return told.answer
})

// Rooms and hubs carry the messages to clients.
export const inRoom = Effect.gen(function* () {
  const rooms = yield* Rooms.make({ framing: Quiz.framing })
  const hub = yield* Hub.make({ framing: Quiz.framing })
  return Quiz.handler((connection) =>
    Effect.gen(function* () {
      const room = yield* rooms.join(connection, "lobby")
      yield* connection.runForEach(({ what }) => room.publishAs(Quiz.toClient, { _tag: "News", text: what }))
      yield* hub.publishAs(Quiz.toClient, { _tag: "News", text: "the end" })
      // @ts-expect-error the codec is that of messages to clients
      yield* room.publishAs(Quiz.toClient, { _tag: "Ask", id: 1, what: "who" })
    }),
  )
})
