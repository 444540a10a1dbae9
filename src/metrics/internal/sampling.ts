import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Takes a sample now, after each interval, and at the end of the scope. After the last sample it runs `end`. */
export const sampling = (
  sample: Effect.Effect<void>,
  every: Duration.Duration,
  end: () => void,
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    yield* sample
    yield* Effect.addFinalizer(() => Effect.zipRight(sample, Effect.sync(end)))
    if (!Duration.isFinite(every)) return
    yield* Effect.forkScoped(Effect.forever(Effect.zipRight(Effect.sleep(every), sample)))
  })
