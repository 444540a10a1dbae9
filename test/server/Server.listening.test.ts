import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import { Handler } from "../../src/server/index.ts"
import { MemoryTransport, NodeTransport, Transport } from "../../src/transport/index.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { serving } from "../support/serving.ts"

/** A network on which a client connects, and an accept fails, in the very moment in which a server listens. */
const promptDial = Layer.effect(
  Transport,
  Effect.map(Transport, (transport) =>
    Transport.of({
      ...transport,
      listen: (endpoint, options, handlers) =>
        Effect.flatMap(Effect.scope, (scope) =>
          transport.listen(endpoint, options, {
            ...handlers,
            onListening: (bound) => {
              handlers.onListening(bound)
              handlers.onFailure("EMFILE", bound)
              Effect.runSync(Effect.provideService(transport.dial(bound), Scope.Scope, scope))
            },
          }),
        ),
    }),
  ),
).pipe(Layer.provide(MemoryTransport.layer()))

describe("a client that connects before the fiber that listens goes on", () => {
  it.scoped("is accepted at the endpoint that is listened on, after the event Listening", () =>
    Effect.gen(function* () {
      const { endpoint, events } = yield* serving(Handler.discard())
      expect(yield* events.one("ConnectionOpened")).toMatchObject({ local: endpoint })
      expect(yield* events.one("AcceptFailed")).toMatchObject({ endpoint, code: "EMFILE" })
      expect(events.tags()).toEqual(["Listening", "AcceptFailed", "ConnectionOpened"])
    }).pipe(Effect.provide(promptDial)),
  )

  it.scopedLive("is served over a socket whatever the scheduler is", () =>
    Effect.gen(function* () {
      const { endpoint, events } = yield* serving(Handler.discard())
      yield* dialRaw(endpoint)
      expect((yield* events.one("ConnectionOpened")).local).toEqual(endpoint)
    }).pipe(Effect.provide(NodeTransport.layer), Effect.withScheduler(Scheduler.timer(1))),
  )
})
