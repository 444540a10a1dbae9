// Dials again and again from one fiber. Each dial fails or is reset. Prints the resources before and after.
// Usage: redial ATTEMPTS, with --expose-gc.
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Client } from "../../../src/client/index.ts"
import type { Connection } from "../../../src/connection/index.ts"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { Handler, Server } from "../../../src/server/index.ts"
import { footprint } from "./footprint.ts"
import { sockets } from "./sockets.ts"

const attempts = Number(process.argv[2])
const atOnce = { baseDelay: Duration.zero, maxDelay: Duration.zero }

const program = Effect.gen(function* () {
  const client = yield* Client.make()
  const server = yield* Server.make({ handler: Handler.discard() })
  const { endpoint } = yield* server.listen(tcpEndpoint("127.0.0.1", 0))

  const inVain = (count: number) =>
    Effect.ignore(client.run(tcpEndpoint("127.0.0.1", 1), () => Effect.void, { ...atOnce, maxAttempts: count }))
  const lost = (count: number) => {
    let left = count
    const lose = (connection: Connection) =>
      left-- > 0 ? Effect.zipRight(connection.reset, Effect.asVoid(connection.receive)) : Effect.void
    return client.run(endpoint, lose, atOnce)
  }
  const redial = (count: number) => Effect.zipRight(inVain(count), lost(count))

  yield* redial(200)
  const before = yield* footprint
  yield* redial(attempts)
  const after = yield* footprint
  process.stdout.write(`${JSON.stringify({ before, after })}\n`)
})

const running = Effect.runFork(Effect.scoped(Effect.provide(program, sockets)))
process.stdin.on("end", () => running.unsafeInterruptAsFork(running.id()))
running.addObserver(() => process.stdin.destroy())
