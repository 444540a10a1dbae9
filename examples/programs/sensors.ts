import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Codec, type CodecError, type ConnectionId, Framing } from "tcpfx/domain"
import { Messages } from "tcpfx/protocol"
import { ProtocolRooms } from "tcpfx/rooms"
import { Attribute, Server } from "tcpfx/server"

/** The reading of a sensor. The id is `group/device`. */
const Reading = Schema.Struct({
  id: Schema.NonEmptyString,
  temp: Schema.Number.pipe(Schema.between(-100, 200)),
  at: Schema.DateTimeUtc,
})

/** A device sends readings as JSON. A subscriber sends `SUB group`, and gets the readings of the group from then on. */
const Received = Schema.Union(Schema.TemplateLiteralParser("SUB ", Schema.NonEmptyString), Schema.parseJson(Reading))
const Sent = Schema.Union(Schema.Struct({ subscribed: Schema.String }), Schema.Struct({ error: Schema.String }))
const codecs = { receive: Codec.fromSchema("sensors", Received), send: Codec.json(Sent) }

/** The role of a connection after its first valid line: "device kitchen/a" or "subscriber kitchen". */
export const Role = Attribute.make<string | undefined>("role", () => undefined)

/** The server of the sensors. `readings` subscribes to the readings of a group. `onBad` runs for each invalid line. */
export const makeSensors = (options: {
  readonly onBad: (id: ConnectionId, error: CodecError) => Effect.Effect<void>
}) =>
  Effect.gen(function* () {
    const groups = yield* ProtocolRooms.make(
      { framing: Framing.line, toClient: Codec.json(Reading) },
      { slowConsumer: "drop-oldest" },
    )
    const server = yield* Server.make({
      settings: { frame: Framing.line, maxFrame: 64 * 1024 },
      handler: (connection) => {
        const messages = Messages.of(connection, codecs, (error, { send }) =>
          Effect.zipRight(options.onBad(connection.id, error), send({ error: error.problem })),
        )
        return messages.runForEach((message) =>
          Effect.gen(function* () {
            if ("id" in message) {
              yield* Role.set(connection, `device ${message.id}`)
              const [group = ""] = message.id.split("/")
              yield* groups.publish(group, message)
            } else {
              const [, group] = message
              yield* Effect.catchTag(groups.join(connection, group), "AlreadyInRoomError", () => Effect.void)
              yield* Role.set(connection, `subscriber ${group}`)
              yield* messages.send({ subscribed: group })
            }
          }),
        )
      },
    })
    return { server, readings: groups.subscribe }
  })
