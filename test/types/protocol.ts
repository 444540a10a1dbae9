// What must compile with typed protocols, and what must not. The type-check reads this file; nothing runs it.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Client, type ClientConfig, type SessionEnd } from "../../src/client/index.ts"
import {
  Codec,
  type CodecError,
  type ConnectError,
  type ConnectionClosedError,
  type SettingsError,
  tcpEndpoint,
} from "../../src/domain/index.ts"
import { Protocol } from "../../src/protocol/index.ts"
import { Server, type ServerConfig } from "../../src/server/index.ts"
import type { Transport } from "../../src/transport/index.ts"

const Say = Schema.TaggedStruct("Say", { text: Schema.String })
const Ask = Schema.TaggedStruct("Ask", { id: Schema.Number })
const Heard = Schema.TaggedStruct("Heard", { text: Schema.String, at: Schema.Date })
const Chat = Protocol.make("chat", { toServer: Schema.Union(Say, Ask), toClient: Heard })

class Users extends Context.Tag("types/Users")<Users, { readonly has: (name: string) => boolean }>() {}
class Clock extends Context.Tag("types/Clock")<Clock, { readonly now: Date }>() {}
class Refused extends Schema.TaggedError<Refused>()("Refused", {}) {}

const Known = Schema.filterEffect(Schema.String, (name) => Effect.map(Users, (users) => users.has(name)))
const Strict = Protocol.make("strict", { toServer: Known, toClient: Schema.Number })

const endpoint = tcpEndpoint("127.0.0.1", 0)

export const serverLayer: Layer.Layer<Server, unknown, ServerConfig | Transport | Clock> = Server.layer({
  protocol: Chat,
  handler: (connection) =>
    connection.runForEach((message) =>
      message._tag === "Say"
        ? Effect.flatMap(Clock, ({ now }) => connection.broadcast({ _tag: "Heard", text: message.text, at: now }))
        : Effect.void,
    ),
})

export const handlers: Effect.Effect<unknown, unknown, Clock | Transport | Scope.Scope> = Effect.gen(function* () {
  // The errors of the handler are inferred, and its requirements are those of the server.
  const handler = Chat.handler((connection) =>
    connection.runForEach((message) => (message._tag === "Ask" ? Effect.fail(new Refused()) : Effect.asVoid(Clock))),
  )
  const run: Effect.Effect<void, Refused | CodecError | ConnectionClosedError, Clock | Scope.Scope> = handler(
    {} as Parameters<typeof handler>[0],
  )
  const server = yield* Server.make({ handler })
  const hub = yield* Chat.hub(server.hub)
  yield* hub.publish({ _tag: "Heard", text: "a", at: new Date() })
  // @ts-expect-error a hub carries the messages to clients
  yield* hub.publish({ _tag: "Say", text: "a" })
  return run
})

Chat.handler((connection) => {
  // @ts-expect-error the message has no such field
  connection.send({ _tag: "Heard", words: "a", at: new Date() })
  // @ts-expect-error a server sends no message of a client
  connection.send({ _tag: "Say", text: "a" })
  // @ts-expect-error another type of field
  connection.broadcast({ _tag: "Heard", text: 5, at: new Date() })
  // @ts-expect-error payloads cannot be sent
  connection.send(new Uint8Array(1))
  // @ts-expect-error payloads cannot be received
  connection.frames
  const received: typeof connection.receive = connection.receive
  // @ts-expect-error messages are received, not payloads
  const payload: Effect.Effect<Option.Option<Uint8Array>, unknown> = received
  // @ts-expect-error payloads cannot be lent
  connection.runForEachLent
  // @ts-expect-error payloads cannot be sent
  connection.sendAll
  return Effect.asVoid(payload)
})

export const connecting = Effect.gen(function* () {
  const connection = yield* Client.connect(endpoint, Chat)
  yield* connection.send({ _tag: "Say", text: "a" })
  // @ts-expect-error a client sends no message of the server
  yield* connection.send({ _tag: "Heard", text: "a", at: new Date() })
  // @ts-expect-error a client has no hub
  connection.broadcast
  const dates: Stream.Stream<Date, CodecError | ConnectionClosedError> = Stream.map(
    connection.messages,
    (message) => message.at,
  )
  return yield* Stream.runHead(dates)
})

// A schema that needs a service gives the requirement to the server, to the connection and to the hub.
// @ts-expect-error Users is missing
export const withoutUsers: Layer.Layer<Server, unknown, ServerConfig | Transport> = Server.layer({
  protocol: Strict,
  handler: (connection) => connection.runForEach(() => Effect.void),
})
export const withUsers: Layer.Layer<Server, unknown, ServerConfig | Transport | Users> = Server.layer({
  protocol: Strict,
  handler: (connection) => connection.runForEach(() => Effect.void),
})
// @ts-expect-error Users is missing
export const lonely: Effect.Effect<unknown, unknown, Client | Scope.Scope> = Strict.connect(endpoint)

// `onInvalid` can need services of its own.
export const answering: Layer.Layer<Server, unknown, ServerConfig | Transport | Clock> = Server.layer({
  protocol: Chat,
  handler: (connection) => connection.runForEach(() => Effect.void),
  onInvalid: (error, connection) =>
    Effect.flatMap(Clock, ({ now }) => connection.send({ _tag: "Heard", text: error.message, at: now })),
})
// @ts-expect-error Clock is missing
export const clockless: Layer.Layer<Server, unknown, ServerConfig | Transport> = Server.layer({
  protocol: Chat,
  handler: (connection) => connection.runForEach(() => Effect.void),
  onInvalid: (error, connection) =>
    Effect.flatMap(Clock, ({ now }) => connection.send({ _tag: "Heard", text: error.message, at: now })),
})

// A handler without a protocol still has payloads, without a type argument.
export const plain = Server.make({
  handler: (connection) => connection.runForEach((payload) => connection.send(payload)),
})

// Codecs in place of schemas, and one's own coding.
export const texts = Protocol.make("texts", { toServer: Codec.text, toClient: Codec.bytes })
export const textual = texts.handler((connection) =>
  connection.runForEach((line) => connection.send(new TextEncoder().encode(line.toUpperCase()))),
)
Protocol.make("odd", { toServer: Say, toClient: Heard, coding: Codec.json })
Protocol.make("own", { toServer: Say, toClient: Heard, coding: (schema) => Codec.json(schema, "effect") })
// @ts-expect-error a coding returns a codec
Protocol.make("no", { toServer: Say, toClient: Heard, coding: () => 5 })
// @ts-expect-error the coding without the mode for effects makes no codec of a schema with requirements
Codec.json(Known)

export const sessions = Effect.gen(function* () {
  const client = yield* Client
  const session = yield* client.session(endpoint, {
    protocol: Chat,
    onConnect: (connection) => {
      // @ts-expect-error a client sends no message of the server
      connection.send({ _tag: "Heard", text: "a", at: new Date() })
      return Effect.flatMap(Clock, () => connection.send({ _tag: "Say", text: "a" }))
    },
    onInvalid: (_, connection) => Effect.flatMap(Users, () => connection.send({ _tag: "Ask", id: 1 })),
  })
  yield* session.send({ _tag: "Say", text: "a" })
  // @ts-expect-error a session sends no message of the server
  yield* session.send({ _tag: "Heard", text: "a", at: new Date() })
  // @ts-expect-error a session with a protocol has no payloads
  session.frames
  const dates: Stream.Stream<Date, SessionEnd> = Stream.map(session.messages, (message) => message.at)
  return dates
})
// `onConnect` needs `Clock` and `onInvalid` needs `Users`.
export const sessionServices: Effect.Effect<unknown, unknown, Client | Scope.Scope | Clock | Users> = sessions
// @ts-expect-error Clock is missing
export const sessionClockless: Effect.Effect<unknown, unknown, Client | Scope.Scope | Users> = sessions
// @ts-expect-error the schema needs Users
export const strictSession: Effect.Effect<unknown, unknown, Client | Scope.Scope> = Strict.session(endpoint)

// A session without a protocol still has payloads.
export const plainSession = Effect.flatMap(Client, (client) =>
  Effect.flatMap(
    client.session(endpoint, { onConnect: (connection) => connection.send(new Uint8Array(1)) }),
    (session) => Stream.runHead(Stream.map(session.frames, (payload) => payload.length)),
  ),
)

// The result and the errors of the program are those of `run`.
export const running: Effect.Effect<
  Date | undefined,
  CodecError | ConnectError | ConnectionClosedError | Refused | SettingsError,
  Client | Clock
> = Chat.run(endpoint, (connection) =>
  Effect.gen(function* () {
    yield* Clock
    yield* connection.send({ _tag: "Ask", id: 1 }).pipe(Effect.catchTag("InvalidPayloadError", () => new Refused()))
    const first = yield* Stream.runHead(connection.messages)
    return first._tag === "Some" ? first.value.at : undefined
  }),
)
export const plainRun = Effect.flatMap(Client, (client) =>
  client.run(endpoint, (connection) => connection.runForEach((payload) => connection.send(payload))),
)
// @ts-expect-error the connection of a protocol has no payloads
Chat.run(endpoint, (connection) => Stream.runDrain(connection.frames))

// A client for a protocol.
export const made = Client.make({ protocol: Chat, connectTimeout: "1 second" })
export const madeLayer: Layer.Layer<Client, SettingsError, Transport | ClientConfig> = Client.layerProtocol(Chat)
// @ts-expect-error a schema is no protocol
Client.make({ protocol: Say })
