import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { type CallError, type Trouble, troubleOf } from "./ask.ts"
import { type Calls, Client, link, runtime } from "./client.ts"
import type { Stop } from "./Stop.ts"

/** The number of chunks that the RPC client buffers for a stream. The default of 16 makes a stream slow. */
export const streamBufferSize = 4096

const linkIsUp = Effect.async<void>((resume) => {
  const stop = link.subscribe((state) => {
    if (state === "up") resume(Effect.void)
  })
  return Effect.sync(stop)
})

/**
 * Watches a stream until it is stopped. If the stream fails with its socket, or the server ends it at shutdown, the watch starts
 * the stream again when the server can be reached. No state is lost, because each stream begins with the current state. A
 * refusal ends the watch.
 */
export const watch = <A>(
  make: (calls: Calls) => Stream.Stream<A, CallError>,
  on: (value: A) => void,
  onRefused: (trouble: Trouble) => void = () => {},
): Stop => {
  let stopped = false
  const once = Effect.flatMap(Client, (client) =>
    Stream.runForEach(make(client.calls), (value) =>
      Effect.sync(() => {
        if (!stopped) on(value)
      }),
    ),
  )
  const again: Effect.Effect<void, never, Client> = Effect.flatMap(Effect.exit(once), (exit) => {
    if (Exit.isFailure(exit)) {
      const error = Cause.failureOption(exit.cause)
      if (error._tag === "Some" && error.value._tag === "Refusal") {
        return Effect.sync(() => {
          if (!stopped) onRefused(troubleOf(exit.cause))
        })
      }
    }
    return Effect.zipRight(Effect.zipRight(Effect.sleep("300 millis"), linkIsUp), again)
  })
  const stop = runtime.runCallback(again)
  return () => {
    stopped = true
    stop()
  }
}
