import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { Endpoint, ServerEvent } from "../../domain/index.ts"
import type { EventBus } from "../../runtime/EventBus.ts"
import type { CheckedServerSettings } from "../ServerConfig.ts"
import { type DrainResult, draining, type ServerCore } from "./ServerCore.ts"

// The interval of `DrainProgress` events.
const progressEvery = Duration.seconds(1)

const reportProgress = (core: ServerCore, bus: EventBus<ServerEvent>): Effect.Effect<never> =>
  Effect.forever(
    Effect.zipRight(
      Effect.sleep(progressEvery),
      Effect.sync(() => {
        let pendingBytes = 0
        for (const actor of core.actors) pendingBytes += actor.pendingBytes()
        bus.emitOwn((seq, at) => ({ seq, at, _tag: "DrainProgress", remaining: core.actors.size, pendingBytes }))
      }),
    ),
  )

/** Closes the listeners, ends all connections gracefully, and resets those that are left at the deadline. */
export const drainServer = Effect.fnUntraced(function* (
  core: ServerCore,
  bus: EventBus<ServerEvent>,
  settings: CheckedServerSettings,
  listeners: Map<Scope.CloseableScope, Endpoint>,
) {
  core.draining = true
  for (const scope of [...listeners.keys()]) yield* Scope.close(scope, Exit.void)
  const connections = core.actors.size
  const deadlineMillis = Duration.toMillis(settings.drain)
  bus.emitOwn((seq, at) => ({ seq, at, _tag: "DrainStarted", connections, deadlineMillis }))
  core.handshakes.refuseAll(draining)
  core.drainAll()
  const inTime = yield* Effect.raceFirst(Effect.timeoutOption(core.empty, settings.drain), reportProgress(core, bus))
  const forced = Option.isSome(inTime) ? 0 : core.actors.size
  if (forced > 0) {
    for (const actor of core.actors) {
      actor.abort({ _tag: "DrainDeadline", pendingBytes: actor.pendingBytes() })
    }
    yield* core.empty
  }
  const result: DrainResult = { graceful: connections - forced, forced }
  bus.emitOwn((seq, at) => ({ seq, at, _tag: "DrainFinished", ...result }))
  // A listener that was opened during the drain accepts connections from now on.
  if (listeners.size > 0) core.reopen()
  return result
})
