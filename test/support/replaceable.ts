import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { formatEndpoint } from "tcpfx/domain"
import { Server } from "tcpfx/server"
import { NodeTransport } from "tcpfx/transport"
import { replaceable } from "../../examples/handover.ts"

/** Runs the server of examples/handover.ts, whose greeting is the argument. */
const main = Effect.gen(function* () {
  const server = yield* Server
  for (const endpoint of yield* server.listening) yield* Console.log(`listening on ${formatEndpoint(endpoint)}`)
  yield* Effect.never
})

NodeRuntime.runMain(
  Effect.provide(main, replaceable(process.argv.at(-1) ?? "").pipe(Layer.provide(NodeTransport.layer))),
)
