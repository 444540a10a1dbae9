import * as Effect from "effect/Effect"

/** Waits for the next turn of the event loop. All callbacks that were due before it have run then. */
export const nextTurn: Effect.Effect<void> = Effect.async<void>((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

export const turns = (count: number): Effect.Effect<void> => Effect.asVoid(Effect.replicateEffect(nextTurn, count))
