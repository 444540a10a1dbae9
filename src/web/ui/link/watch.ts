import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { type CallError, type Trouble, troubleOf } from "./ask.ts"
import { type Calls, Client, link, runtime } from "./client.ts"
import type { Stop } from "./Stop.ts"

/** Chunks that the client of rpc takes in before it acknowledges: with its default of 16 a stream is slow. */
export const streamBufferSize = 4096

const linkIsUp = Effect.async<void>((resume) => {
  const stop = link.subscribe((state) => {
    if (state === "up") resume(Effect.void)
  })
  return Effect.sync(stop)
})

/**
 * Watches a stream for as long as it is wanted. A stream that is lost with its socket, or ended by a server that shuts
 * down, begins again when the server can be reached: each of the streams begins with what is true now. A refusal ends it.
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
