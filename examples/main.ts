import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { formatEndpoint } from "tcpfx/domain"
import { Server } from "tcpfx/server"
import { HelloServer } from "./hello-server.ts"

/** Runs the layer of a server until Ctrl-C or SIGTERM, and prints where it listens. */
const main = Effect.gen(function* () {
  const server = yield* Server
  for (const endpoint of yield* server.listening) yield* Console.log(`listening on ${formatEndpoint(endpoint)}`)
  yield* Effect.never
})

NodeRuntime.runMain(Effect.provide(main, HelloServer))
