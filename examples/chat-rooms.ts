import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Codec, Framing } from "tcpfx/domain"
import { type RoomMembership, Rooms } from "tcpfx/rooms"
import { Server, type ServerConnection } from "tcpfx/server"

/** The rooms of the chat. A member is a person with a name of up to 20 characters. */
export class ChatRooms extends Rooms.Tag<ChatRooms>()("example/ChatRooms", {
  framing: Framing.line,
  member: Schema.Struct({ name: Schema.String.pipe(Schema.pattern(/^[\w-]{1,20}$/)) }),
  admit: ({ room, size }) => (size < 50 ? Effect.void : Effect.fail(`${room} is full`)),
}) {}

type Member = RoomMembership<{ readonly name: string }>

/**
 * Serves one client. `/join ROOM NAME` changes the room, `/who` lists the members, and any other line is published to
 * the other members of the room.
 */
const serve = Effect.fnUntraced(function* (connection: ServerConnection) {
  const rooms = yield* ChatRooms
  const answer = (text: string) => Effect.flatMap(Codec.text.encode(text), connection.send)
  let here: Member | undefined

  const leave = Effect.suspend(() => {
    const left = here
    here = undefined
    if (left === undefined) return Effect.void
    return Effect.zipRight(left.leave, rooms.publishAs(left.room, Codec.text, `* ${left.member.name} left`))
  })

  const join = (room: string, name: string) =>
    Effect.gen(function* () {
      yield* leave
      here = yield* rooms.join(connection, room, { member: { name } })
      yield* here.publishAs(Codec.text, `* ${name} joined`)
      yield* answer(`* you are in ${room}`)
    }).pipe(Effect.catchTag("JoinRefusedError", ({ message }) => answer(`* ${message}`)))

  const who = (room: string) =>
    Effect.flatMap(rooms.members(room), (members) => answer(`* ${members.map(({ member }) => member.name).join(", ")}`))

  yield* Effect.addFinalizer(() => Effect.ignore(leave))
  yield* answer("* /join ROOM NAME")
  yield* connection.runForEach((line) =>
    Effect.gen(function* () {
      const text = yield* Codec.text.decode(line)
      const [command, room, name] = text.split(" ")
      if (command === "/join" && room !== undefined && name !== undefined) return yield* join(room, name)
      if (here === undefined) return yield* answer("* /join ROOM NAME comes first")
      if (command === "/who") return yield* who(here.room)
      yield* here.publishAs(Codec.text, `<${here.member.name}> ${text}`)
    }),
  )
})

/** A chat with rooms. It requires `ChatRooms` (`ChatRooms.layer`) and a transport. */
export const chatRooms = Effect.gen(function* () {
  const server = yield* Server.make({ settings: { frame: Framing.line }, handler: serve })
  return yield* server.listen("127.0.0.1:0")
})
