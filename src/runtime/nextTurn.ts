import * as Effect from "effect/Effect"

/**
 * Waits for the next turn of the event loop. The process has then served every socket that was readable, so it is a pause
 * between two parts of long work.
 */
export const nextTurn: Effect.Effect<void> = Effect.async<void>((resume) => {
  const turn = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(turn))
})
