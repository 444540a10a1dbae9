// A server of the library. Usage: server HANDLER. Prints its port, then events as JSON lines. Ends with its input.
import { createHash } from "node:crypto"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { Handler, Server } from "../../../src/server/index.ts"
import { sockets } from "./sockets.ts"

const say = (what: unknown): Effect.Effect<void> =>
  Effect.sync(() => void process.stdout.write(`${JSON.stringify(what)}\n`))

/** Waits for the command to go on, then receives everything and prints it. */
const parked =
  (gate: Deferred.Deferred<void>): Handler.FiberHandler<unknown, never> =>
  (connection) =>
    Effect.gen(function* () {
      yield* Deferred.await(gate)
      const hash = createHash("sha256")
      let bytes = 0
      yield* Stream.runForEach(connection.frames, (frame) =>
        Effect.sync(() => {
          hash.update(frame)
          bytes += frame.length
        }),
      )
      yield* say({ _tag: "Taken", id: connection.id, bytes, digest: hash.digest("hex") })
    })

const program = Effect.gen(function* () {
  const gate = yield* Deferred.make<void>()
  const server = yield* Server.make({ handler: process.argv[2] === "parked" ? parked(gate) : Handler.echo() })
  const events = yield* server.subscribeEvents()
  const telling = yield* Effect.fork(Stream.runForEach(events, say))
  yield* server.listen(tcpEndpoint("127.0.0.1", 0))
  process.stdin.on("data", () => Deferred.unsafeDone(gate, Effect.void))
  yield* Fiber.join(telling)
})

const running = Effect.runFork(Effect.scoped(Effect.provide(program, sockets)))
process.stdin.on("end", () => running.unsafeInterruptAsFork(running.id()))
