import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CheckedServerSettings, ServerService } from "../../server/index.ts"
import { describeSkipped, inputPayloads } from "../input/inputPayloads.ts"
import type { PayloadForm } from "../input/PayloadForm.ts"
import { Stdio } from "../process/stdio.ts"
import { tellError } from "../process/tell.ts"

/** Sends every line of standard input with `send`. The server continues after the end of the input. */
export const sendInput = <E, R>(
  server: ServerService,
  { frame, maxFrame }: CheckedServerSettings,
  form: PayloadForm,
  send: (payload: Uint8Array) => Effect.Effect<unknown, E, R>,
) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const payloads = inputPayloads(yield* stdio.openInput, {
      form,
      frame,
      maxFrame,
      onSkipped: (skipped) => stdio.tell("warn", describeSkipped(skipped, maxFrame)),
      onRefused: (message) => stdio.tell("warn", message),
    })
    while (yield* payloads.more) {
      // Input from a program or file waits for the first client. A user at a terminal sees that no client is connected.
      if (stdio.inputKind !== "terminal") yield* untilAnyClient(server)
      // The framing has already checked these payloads.
      yield* Effect.orDie(Effect.forEach(payloads.take(), send, { discard: true }))
    }
  }).pipe(
    Effect.scoped,
    Effect.catchTag("CommandFailed", (error) => tellError(`${error.message}; the rest of standard input is not sent`)),
  )

const untilAnyClient = (server: ServerService) =>
  Effect.gen(function* () {
    const events = yield* server.subscribeEvents()
    const connections = yield* server.connections
    if (connections.some(({ state }) => state !== "closing")) return
    yield* Stream.runDrain(Stream.takeUntil(events, (event) => event._tag === "ConnectionOpened"))
  }).pipe(Effect.scoped)
