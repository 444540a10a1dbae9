// A server of the library with an assistant. Each mode is a contender of bench/assistant.
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { ServerAssistant } from "tcpfx/assistant"
import { Framing } from "tcpfx/domain"
import { NodeTransport } from "tcpfx/transport"
import { modeOf, sayPort } from "./listening.ts"

const mode = modeOf(["broker", "echo", "broker-recorded", "echo-recorded"])

/** Makes the requests of an open page: states, extents, the last rows after each change, and the clients each second. */
const watched = (assistant: Effect.Effect.Success<ReturnType<typeof ServerAssistant.make>>) =>
  Effect.gen(function* () {
    yield* assistant.log.record
    yield* Effect.forkScoped(Stream.runDrain(assistant.states))
    const rows = Stream.runForEach(assistant.log.extents(), ({ next }) =>
      assistant.log.rows({ from: Math.max(0, next - 50), count: 50, view: "both" }),
    )
    yield* Effect.forkScoped(rows)
    const clients = Effect.zipRight(
      assistant.clients({ from: 0, count: 50, sort: "activity" }),
      Effect.sleep("1 second"),
    )
    yield* Effect.forkScoped(Effect.forever(clients))
  })

const program = Effect.gen(function* () {
  const isBroker = mode.startsWith("broker")
  const assistant = yield* ServerAssistant.make({
    mode: isBroker ? "broker" : "echo",
    halfClosed: "close",
    // The broker forwards whole lines, so that lines of two publishers never mix.
    settings: { frame: isBroker ? Framing.line : Framing.raw },
  })
  const listening = yield* assistant.execute({ _tag: "Listen", endpoint: "127.0.0.1:0" })
  if (mode.endsWith("recorded")) yield* watched(assistant)
  if (listening._tag === "ListeningOn") sayPort(Number(listening.endpoint.split(":").at(-1)))
  yield* Effect.onInterrupt(Effect.never, () => assistant.server.drain)
}).pipe(Effect.scoped, Effect.provide(NodeTransport.layer))

const fiber = Effect.runFork(program)
process.once("SIGTERM", () => Effect.runFork(Fiber.interrupt(fiber)))
