import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Codec, Framing } from "tcpfx/domain"
import { Server } from "tcpfx/server"

/** A chat server: relays each line of a client to all others, and prints the lines and the events of connections. */
export const chat = Effect.gen(function* () {
  const server = yield* Server.make({
    settings: { frame: Framing.line },
    // Each connection has its own fiber and scope. The scope closes when the connection ends, for whatever reason.
    handler: (connection) => Stream.runForEach(connection.frames, (line) => connection.broadcast(line)),
  })

  const events = yield* server.subscribeEvents()
  yield* Effect.forkScoped(Stream.runForEach(events, (event) => Console.log(event._tag)))

  const lines = yield* server.hub.subscribeAs(Codec.text, { onInvalid: Console.error })
  yield* Effect.forkScoped(Stream.runForEach(lines, (line) => Console.log(line)))

  return yield* server.listen("127.0.0.1:0")
})
