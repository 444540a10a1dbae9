import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Framing } from "tcpfx/domain"
import { Server, ServerConfig } from "tcpfx/server"

/** Answers each line in order. A line that arrived before the drain still gets its answer. */
const Work = Server.layer({
  handler: (connection) => connection.runForEach(connection.send),
}).pipe(Layer.provide(ServerConfig.layer({ listen: "127.0.0.1:0", frame: Framing.line, drain: "10 seconds" })))

/** Drains the server before its own layer does, and prints how many connections closed gracefully. */
const Report = Layer.scopedDiscard(
  Effect.flatMap(Server, (server) =>
    Effect.addFinalizer(() =>
      Effect.flatMap(server.drain, ({ forced, graceful }) =>
        Console.log(`drained: ${graceful} closed, ${forced} reset`),
      ),
    ),
  ),
)

/** A server that drains when its layer ends. */
export const Restartable = Report.pipe(Layer.provideMerge(Work))

/** Refuses new connections while an effect runs, for example a backup. Open connections continue. */
export const whileClosed = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Server, (server) =>
    Effect.acquireUseRelease(
      server.suspend,
      () => work,
      () => server.resume,
    ),
  )
