// What the types of rooms accept and refuse. The compiler checks this file; nothing runs it.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { Codec, Framing, type SettingsError } from "../../src/domain/index.ts"
import { Protocol } from "../../src/protocol/index.ts"
import { type JoinError, ProtocolRooms, type RoomMembership, Rooms } from "../../src/rooms/index.ts"
import { Server, type ServerConnection } from "../../src/server/index.ts"

declare const connection: ServerConnection

class Users extends Context.Tag("Users")<Users, { readonly isBanned: (nick: string) => Effect.Effect<boolean> }>() {}

const Nick = Schema.Struct({ nick: Schema.String })

class Chat extends Rooms.Tag<Chat>()("app/Chat", { member: Nick }) {}

/** The type of members comes from the schema. */
export const withValue: Effect.Effect<
  RoomMembership<{ readonly nick: string }>,
  JoinError,
  Chat | Scope.Scope
> = Effect.flatMap(Chat, (chat) => chat.join(connection, "lobby", { member: { nick: "ann" } }))

// @ts-expect-error a join needs the value of the member
export const withoutValue = Effect.flatMap(Chat, (chat) => chat.join(connection, "lobby"))

export const wrongValue = Effect.flatMap(Chat, (chat) =>
  // @ts-expect-error the value must fit the schema
  chat.join(connection, "lobby", { member: { nick: 1 } }),
)

/** A new value fits the schema too. */
export const newValue = Effect.flatMap(withValue, (room) => room.update({ nick: "anna" }))

// @ts-expect-error the new value must fit the schema
export const wrongNewValue = Effect.flatMap(withValue, (room) => room.update({ nick: 1 }))

/** Without a schema, a join needs no value. */
export const plain = Effect.flatMap(Rooms.make(), (rooms) => rooms.join(connection, "lobby"))

// @ts-expect-error members without a schema have no value
export const noValue = Effect.flatMap(Rooms.make(), (rooms) => rooms.join(connection, "lobby", { member: 1 }))

/** `admit` can need services, which the rooms then need. */
export const needsUsers: Effect.Effect<unknown, SettingsError, Users | Scope.Scope> = Rooms.make({
  member: Nick,
  admit: ({ member }) =>
    Effect.flatMap(Users, (users) =>
      Effect.if(users.isBanned(member.nick), { onTrue: () => Effect.fail("banned"), onFalse: () => Effect.void }),
    ),
})

// @ts-expect-error the service is missing
export const lacksUsers: Effect.Effect<unknown, SettingsError, Scope.Scope> = needsUsers

// @ts-expect-error the reason of a refusal is a text
export const noReason = Rooms.make({ admit: () => Effect.fail(404) })

const Said = Schema.Struct({ text: Schema.String })

/** A connection with typed messages joins too, and its protocol is that of rooms. */
const Quiz = Protocol.make("quiz", { toServer: Said, toClient: Said })
export const quizzes = Effect.flatMap(ProtocolRooms.make(Quiz), (rooms) =>
  Server.make({
    protocol: Quiz,
    handler: (typed) =>
      Effect.flatMap(rooms.join(typed, "lobby"), (room) => typed.runForEach((message) => room.publish(message))),
  }),
)

class Talk extends ProtocolRooms.Tag<Talk>()(
  "app/Talk",
  { framing: Framing.line, toClient: Codec.json(Said) },
  { member: Nick },
) {}

/** The messages come from the protocol, the members from the schema. */
export const talks = Effect.gen(function* () {
  const talk = yield* Talk
  const room = yield* talk.join(connection, "lobby", { member: { nick: "ann" } })
  yield* room.publish({ text: "hello" })
  yield* talk.publish("lobby", { text: "hello" })
  // @ts-expect-error the rooms carry another message
  yield* room.publish({ txt: "hello" })
  // @ts-expect-error a raw payload is no message
  yield* talk.publish("lobby", new Uint8Array(1))
  const heard: Stream.Stream<{ readonly text: string }, unknown> = yield* talk.subscribe("lobby")
  return heard
})
