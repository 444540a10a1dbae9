import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { ConnectionId, Framing, tcpEndpoint } from "tcpfx/domain"
import { Server, type ServerConnection } from "tcpfx/server"

const bytes = (text: string) => new TextEncoder().encode(text)

/**
 * Executes the commands `list`, `to ID TEXT` and `kick ID`. The handler uses the server of its connection as a service.
 */
const operate = (connection: ServerConnection) =>
  Effect.gen(function* () {
    const server = yield* Server
    yield* connection.runForEach((line) =>
      Effect.gen(function* () {
        const [command, id, ...words] = new TextDecoder().decode(line).split(" ")
        const target = ConnectionId.make(Number(id), true)
        switch (command) {
          case "list": {
            const connections = yield* server.connections
            return yield* connection.send(bytes(connections.map((info) => info.id).join(" ")))
          }
          case "to":
            // The other connection can end at any time. Its end must not end this connection.
            return yield* Effect.catchTag(
              server.send(target, bytes(words.join(" "))),
              "ConnectionClosedError",
              (error) => connection.send(bytes(error.message)),
            )
          case "kick":
            return yield* server.kick(target)
          default:
            return yield* connection.send(bytes("use: list, to ID TEXT, kick ID"))
        }
      }).pipe(Effect.catchTag("NoSuchConnectionError", ({ message }) => connection.send(bytes(message)))),
    )
  })

/** A server whose clients list, kick and write to each other. It prints each failure of a handler. */
export const switchboard = Effect.gen(function* () {
  const server = yield* Server.make({
    settings: { frame: Framing.line },
    handler: operate,
    onHandlerFailure: (cause, { id }) => Console.error(`connection ${id}: ${Cause.pretty(cause)}`),
  })
  return yield* server.listen(tcpEndpoint("127.0.0.1", 0))
})
