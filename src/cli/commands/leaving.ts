import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { formatMillis } from "../../domain/index.ts"
import type { ServerService } from "../../server/index.ts"
import type { Stdio } from "../process/stdio.ts"
import { tell } from "../process/tell.ts"
import type { ServeOptions } from "./serve.ts"

/** The time between the request to end and the drain. */
export interface Leaving {
  /** Whether this time has begun. The server then wants no new clients. */
  readonly hasBegun: () => boolean
  /** Lets the clients leave. */
  readonly wait: (server: ServerService) => Effect.Effect<void, never, Stdio>
}

const shown = (time: Duration.Duration): string => formatMillis(Duration.toMillis(time))

/** Closes the listeners, and waits until no client is connected. */
const untilEmpty = (server: ServerService): Effect.Effect<void> =>
  Effect.gen(function* () {
    const empty = yield* Deferred.make<void>()
    let open = 0
    let isListening = true
    const look = () => {
      if (open === 0 && !isListening) Deferred.unsafeDone(empty, Effect.void)
    }
    yield* server.observe({
      onEvent: ({ _tag }) => {
        if (_tag === "ConnectionOpened") open++
        if (_tag === "ConnectionClosed") open--
        look()
      },
    })
    // The same turn of the event loop, so no event is counted twice.
    const { closed, opened } = yield* server.counts
    open += opened - closed
    for (const endpoint of yield* server.listening) yield* server.stopListening(endpoint)
    isListening = false
    look()
    yield* Deferred.await(empty)
  }).pipe(Effect.scoped)

/**
 * Makes the time before the drain. First the server accepts clients for `--drain-delay` although it is not ready, because
 * load balancers need time to notice that. Then it stops listening, and clients can leave for `--drain-wait`.
 */
export const makeLeaving = ({ drainDelay, drainWait }: Pick<ServeOptions, "drainDelay" | "drainWait">): Leaving => {
  let hasBegun = false
  const accept = Option.match(drainDelay, {
    onNone: () => Effect.void,
    onSome: (time) =>
      Effect.zipRight(
        tell(`not ready for new clients; the server still accepts them for ${shown(time)}`),
        Effect.sleep(time),
      ),
  })
  const letLeave = (server: ServerService) =>
    Option.match(drainWait, {
      onNone: () => Effect.void,
      onSome: (time) =>
        Effect.zipRight(
          tell(`waits for the clients to leave, ${shown(time)} at most`),
          Effect.timeoutOption(untilEmpty(server), time),
        ),
    })
  return {
    hasBegun: () => hasBegun,
    wait: (server) =>
      Effect.suspend(() => {
        hasBegun = true
        return Effect.zipRight(accept, letLeave(server))
      }),
  }
}
