import * as Effect from "effect/Effect"

/** Waits for the next turn of the event loop, so that sockets are served between two parts of long work. */
export const nextTurn: Effect.Effect<void> = Effect.async<void>((resume) => {
  const turn = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(turn))
})
