import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Codec } from "tcpfx/domain"
import { Protocol, type ProtocolServerConnection } from "tcpfx/protocol"
import { type ProtocolRoomMembership, ProtocolRooms } from "tcpfx/rooms"
import { Server, ServerConfig } from "tcpfx/server"
import { NodeTransport } from "tcpfx/transport"

/** Lines of text in both directions. */
export const Chat = Protocol.make("chat", {
  toServer: Codec.fromSchema("line", Schema.String.pipe(Schema.maxLength(1000))),
  toClient: Codec.text,
})

/** The rooms of the chat. */
export class ChatRooms extends ProtocolRooms.Tag<ChatRooms>()("programs/ChatRooms", Chat, {
  admit: ({ room }) =>
    /^\w{1,20}$/.test(room) ? Effect.void : Effect.fail("the name of a room is up to 20 letters or digits"),
}) {}

/** A nick is a room with one client. It ends with the connection. A private message is published to this room. */
export class Nicks extends ProtocolRooms.Tag<Nicks>()("programs/Nicks", Chat, {
  admit: ({ id, room, size }) => {
    if (size > 0) return Effect.fail(`${room} is taken`)
    const isNick = room === `guest${id}` || /^(?!guest)\w{1,20}$/.test(room)
    return isNick ? Effect.void : Effect.fail("a nick is up to 20 letters or digits, and does not begin with guest")
  },
}) {}

const serve = (connection: ProtocolServerConnection<string, string>) =>
  Effect.gen(function* () {
    const [rooms, nicks] = [yield* ChatRooms, yield* Nicks]
    let nick = yield* nicks.join(connection, `guest${connection.id}`)
    let here: ProtocolRoomMembership<string, undefined> | undefined

    const say = (text: string) => connection.send(`* ${text}`)
    const publish = (text: string) => here?.publish(text) ?? say("join a room first")
    const leave = Effect.gen(function* () {
      const left = here
      here = undefined
      if (left === undefined) return
      yield* left.leave
      yield* rooms.publish(left.room, `* ${nick.room} left ${left.room}`)
    })

    const obey = Effect.fnUntraced(function* (line: string) {
      const [command, name = "", ...words] = line.split(" ")
      switch (command) {
        case "/nick": {
          const old = nick
          if (name === old.room) return yield* say(`you are ${name} already`)
          nick = yield* nicks.join(connection, name)
          yield* old.leave
          return yield* publish(`* ${old.room} is now ${name}`)
        }
        case "/join": {
          const next = yield* rooms.join(connection, name)
          yield* leave
          here = next
          yield* here.publish(`* ${nick.room} joined ${name}`)
          return yield* say(`you are in ${name}`)
        }
        case "/leave":
          return yield* leave
        case "/msg":
          if ((yield* nicks.members(name)).length === 0) return yield* say(`nobody is called ${name}`)
          return yield* nicks.publish(name, `[${nick.room}] ${words.join(" ")}`)
        case "/who":
          return yield* say((yield* nicks.names).join(" "))
        default:
          return yield* publish(`<${nick.room}> ${line}`)
      }
    })

    yield* Effect.addFinalizer(() => Effect.ignore(leave))
    yield* say("welcome")
    yield* connection.runForEach((line) =>
      Effect.catchTags(obey(line), {
        AlreadyInRoomError: ({ room }) => say(`you are in ${room} already`),
        JoinRefusedError: ({ reason }) => say(reason),
      }),
    )
  })

/** Serves one client. After an invalid line the client gets an answer and stays connected. */
export const chat = Chat.handler(serve, {
  onInvalid: (_, connection) => connection.send("* a line is text of up to 1000 characters"),
})

const Goodbye = Layer.scopedDiscard(
  Effect.gen(function* () {
    const all = yield* Chat.hub((yield* Server).hub)
    yield* Effect.addFinalizer(() => Effect.ignore(all.publish("* the server is going down")))
  }),
)

/** The chat as a layer. At its end it says goodbye to its clients, then drains. */
export const ChatServer = Goodbye.pipe(
  Layer.provideMerge(Server.layer({ handler: chat })),
  Layer.provideMerge(Layer.merge(ChatRooms.layer, Nicks.layer)),
)

const Report = Layer.scopedDiscard(
  Effect.gen(function* () {
    const server = yield* Server
    yield* Console.log("listening on", yield* server.listening)
    yield* Effect.forkScoped(Stream.runForEach(server.events, (event) => Console.log(JSON.stringify(event))))
  }),
)

/** The whole program, with settings from variables such as `CHAT_LISTEN`: `NodeRuntime.runMain(main)`. */
export const main = Layer.launch(Layer.provide(Report, ChatServer)).pipe(
  Effect.provide([
    ServerConfig.layerFromEnv({ prefix: "CHAT", defaults: { idleTimeout: "10 minutes" } }),
    NodeTransport.layer,
  ]),
)
