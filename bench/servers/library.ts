// A server of this library. Each mode is a different handler, or adds limits or a subscriber to it.
import type * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { Framing, parseAddressRanges, tcpEndpoint } from "tcpfx/domain"
import { Handler, Server, type ServerSettings } from "tcpfx/server"
import { NodeTransport } from "tcpfx/transport"
import { modeOf, sayPort } from "./listening.ts"

const same = (payload: Uint8Array) => payload

/** Forwards whole lines, so that lines of two publishers never mix. */
const broker = (settings: Partial<ServerSettings> = {}) =>
  Server.make({ handler: Handler.broker("close"), settings: { ...settings, frame: Framing.line } })

const echo = (settings: Partial<ServerSettings> = {}) => Server.make({ handler: Handler.echo("close"), settings })

/** Limits that the server checks all the time, and that no row of the bench reaches. */
const guards: Partial<ServerSettings> = {
  maxRate: 1e12,
  maxPending: 1e12,
  idleTimeout: Duration.hours(1),
  writeTimeout: Duration.hours(1),
  allow: Either.getOrThrow(parseAddressRanges("10.0.0.0/8,192.168.0.0/16,127.0.0.0/8")),
}

/** A server with a subscriber to all events. */
const observed = Effect.fnUntraced(function* (make: ReturnType<typeof echo>) {
  const server = yield* make
  const events = yield* server.subscribeEvents({ frames: true })
  let count = 0
  const add = (chunk: Chunk.Chunk<unknown>) =>
    Effect.sync(() => {
      count += chunk.length
    })
  yield* Effect.forkScoped(Stream.runForEachChunk(events, add))
  yield* Effect.addFinalizer(() => Effect.sync(() => process.stderr.write(`${count} events\n`)))
  return server
})

const servers = {
  /** Reactors: no fiber step for each message. */
  broker,
  echo,
  "broker-guarded": () => broker(guards),
  "echo-guarded": () => echo(guards),
  "broker-observed": () => observed(broker()),
  "echo-observed": () => observed(echo()),
  /** A Stream that the handler runs. */
  stream: () => Server.make({ handler: (connection) => Stream.runForEach(connection.frames, connection.send) }),
  /** The same Stream, run by the connection. */
  all: () => Server.make({ handler: (connection) => connection.sendAll(connection.frames) }),
  /** A mapped Stream, run by the connection. */
  mapped: () => Server.make({ handler: (connection) => connection.sendAll(Stream.map(connection.frames, same)) }),
  /** No Stream. */
  each: () => Server.make({ handler: (connection) => connection.runForEach(connection.send) }),
  /** A fiber and a scope for each connection. The fiber waits for the first frame or the end. */
  fiber: () => Server.make({ handler: (connection) => Effect.asVoid(connection.receive) }),
}

const make =
  servers[
    modeOf([
      ...(["broker", "broker-guarded", "broker-observed", "echo", "echo-guarded", "echo-observed"] as const),
      ...(["stream", "all", "mapped", "each", "fiber"] as const),
    ])
  ]

const program = Effect.gen(function* () {
  const server = yield* make()
  const { endpoint } = yield* server.listen(tcpEndpoint("127.0.0.1", 0))
  if (endpoint._tag === "Tcp") sayPort(endpoint.port)
  yield* Effect.onInterrupt(Effect.never, () => server.drain)
}).pipe(Effect.scoped, Effect.provide(NodeTransport.layer))

// docs/performance.md recommends this call to programs that relay bulk data.
Buffer.allocUnsafeSlow(24 * 1024 * 1024)
const fiber = Effect.runFork(program)
process.once("SIGTERM", () => Effect.runFork(Fiber.interrupt(fiber)))
