// A server written with this library, in each of the ways that the bench looks at.
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { Framing, tcpEndpoint } from "tcpfx/domain"
import { Handler, Server } from "tcpfx/server"
import { NodeTransport } from "tcpfx/transport"
import { modeOf, sayPort } from "./listening.ts"

const same = (payload: Uint8Array) => payload

const handlers = {
  /** Without a fiber step for each message; whole lines, so that two publishers' lines never mix. */
  broker: () => Server.make({ handler: Handler.broker("close"), settings: { frame: Framing.line } }),
  echo: () => Server.make({ handler: Handler.echo("close") }),
  /** Through a user's own Stream. */
  stream: () => Server.make({ handler: (connection) => Stream.runForEach(connection.frames, connection.send) }),
  /** The same, run by the connection. */
  all: () => Server.make({ handler: (connection) => connection.sendAll(connection.frames) }),
  /** The same with something of the user's own in between. */
  mapped: () => Server.make({ handler: (connection) => connection.sendAll(Stream.map(connection.frames, same)) }),
  /** Without a stream. */
  each: () => Server.make({ handler: (connection) => connection.runForEach(connection.send) }),
  /** A fiber and a scope of its own for each connection, waiting for its end. */
  fiber: () => Server.make({ handler: (connection) => Effect.asVoid(connection.closed) }),
}

const make = handlers[modeOf(["broker", "echo", "stream", "all", "mapped", "each", "fiber"])]

const program = Effect.gen(function* () {
  const server = yield* make()
  const { endpoint } = yield* server.listen(tcpEndpoint("127.0.0.1", 0))
  if (endpoint._tag === "Tcp") sayPort(endpoint.port)
  yield* Effect.onInterrupt(Effect.never, () => server.drain)
}).pipe(Effect.scoped, Effect.provide(NodeTransport.layer))

const fiber = Effect.runFork(program)
process.once("SIGTERM", () => Effect.runFork(Fiber.interrupt(fiber)))
