import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Framing } from "tcpfx/domain"
import { Server, ServerConfig } from "tcpfx/server"

/** Stops listening, and waits until the clients have left, 20 seconds at most. Their connections go on meanwhile. */
export const retire = Effect.gen(function* () {
  const server = yield* Server
  for (const endpoint of yield* server.listening) yield* server.stopListening(endpoint)
  const isEmpty = Effect.map(server.connections, ({ length }) => length === 0)
  const untilEmpty = Effect.repeat(isEmpty, { until: (empty) => empty, schedule: Schedule.spaced("50 millis") })
  // A finalizer cannot be interrupted, so its timeout needs an interruptible effect.
  yield* Effect.timeoutOption(Effect.interruptible(untilEmpty), "20 seconds")
})

/** Retires before the layer of the server drains. */
const Retire = Layer.scopedDiscard(
  Effect.flatMap(Effect.context<Server>(), (context) => Effect.addFinalizer(() => Effect.provide(retire, context))),
)

/** A server on descriptor 3, a listening socket of the process manager. It greets each client, and answers each line. */
export const replaceable = (greeting: string) =>
  Retire.pipe(
    Layer.provideMerge(
      Server.layer({
        handler: (connection) => Effect.zipRight(connection.sendText(greeting), connection.runForEach(connection.send)),
      }),
    ),
    Layer.provide(ServerConfig.layer({ listen: "fd:3", frame: Framing.line, drain: "5 seconds" })),
  )
