import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

/**
 * Acquires something that goes with the scope, for what one fiber acquires and another releases, again and again.
 *
 * `Effect.acquireRelease` runs the release with the fiber refs of the acquisition. Where that was in a fiber of its own (a
 * race, a timeout), they stay with the fiber that closes the scope, one more layer each time, and keep what they lead to:
 * a client that dials for a year would keep every attempt.
 */
export const owned = <A, E, R>(
  acquire: Effect.Effect<A, E, R>,
  release: (acquired: A, exit: Exit.Exit<unknown, unknown>) => Effect.Effect<unknown>,
): Effect.Effect<A, E, R | Scope.Scope> =>
  Effect.uninterruptible(
    Effect.flatMap(Effect.scope, (scope) =>
      Effect.tap(acquire, (acquired) =>
        Scope.addFinalizerExit(scope, (exit) => Effect.suspend(() => release(acquired, exit))),
      ),
    ),
  )
