import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Codec, Framing, tcpEndpoint } from "tcpfx/domain"
import { Server } from "tcpfx/server"

/** A chat: every line of a client goes to all others; this program reads along and tells who comes and goes. */
export const chat = Effect.gen(function* () {
  const server = yield* Server.make({
    settings: { frame: Framing.line },
    // One fiber and one scope for each connection: when it ends, in whatever way, what it acquired is gone.
    handler: (connection) => Stream.runForEach(connection.frames, (line) => connection.broadcast(line)),
  })

  const events = yield* server.subscribe()
  yield* Effect.forkScoped(Stream.runForEach(events, (event) => Console.log(event._tag)))

  const lines = yield* server.hub.subscribeAs(Codec.text, { onInvalid: Console.error })
  yield* Effect.forkScoped(Stream.runForEach(lines, (line) => Console.log(line)))

  return yield* server.listen(tcpEndpoint("127.0.0.1", 0))
})
