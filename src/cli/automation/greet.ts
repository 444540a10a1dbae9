import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { ServerAssistantService } from "../../assistant/ServerAssistant.ts"
import * as Domain from "../../domain/assistant/index.ts"
import { formatConnectionId, type ServerEvent } from "../../domain/index.ts"
import { Stdio } from "../process/stdio.ts"
import type { Automation, Sending } from "./Automation.ts"
import { recipientsOf } from "./automate.ts"

type Opened = Extract<ServerEvent, { readonly _tag: "ConnectionOpened" }>

/** Sends the payloads of the command line to each client that connects, until the scope closes. */
export const greet = (
  { execute, server }: ServerAssistantService,
  { interval, sendings }: Automation,
): Effect.Effect<void, never, Scope.Scope | Stdio> =>
  Effect.gen(function* () {
    if (interval !== undefined || sendings.length === 0) return
    const stdio = yield* Stdio
    const run = yield* FiberSet.makeRuntime<never, void, never>()
    const send = ({ id, remote }: Opened, { flag, payload, to }: Sending) =>
      Effect.gen(function* () {
        const entry = { id, remote, name: "", tags: new Set<string>() }
        const { ids } = Domain.resolveRecipients(yield* recipientsOf(to), [entry], undefined)
        if (ids.length === 0) return
        const recipient: Domain.Recipients = { _tag: "Recipients", some: [{ _tag: "Id", id }], but: [] }
        yield* execute({ _tag: "Send", payload, to: recipient })
      }).pipe(
        Effect.catchAll(({ message, reason }) =>
          // If the client has disconnected meanwhile, the failure needs no message.
          Effect.sync(() => {
            if (reason !== "nobody") stdio.tell("warn", `${flag}: ${formatConnectionId(id)} got nothing: ${message}`)
          }),
        ),
      )
    yield* server.observe({
      onEvent: (event) => {
        if (event._tag !== "ConnectionOpened") return
        // Other observers of this event must add the client to their lists first.
        run(
          Effect.zipRight(
            Effect.yieldNow(),
            Effect.forEach(sendings, (one) => send(event, one), { discard: true }),
          ),
        )
      },
    })
  })
