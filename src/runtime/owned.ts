import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

/**
 * Acquires a resource for the current scope. Use it instead of `Effect.acquireRelease` if one fiber acquires and
 * another fiber releases, repeatedly.
 *
 * `Effect.acquireRelease` runs the release with the fiber refs of the acquisition. If the acquisition ran in a fiber of
 * its own (a race, a timeout), the fiber that closes the scope keeps these refs and everything that they refer to. Each
 * repetition adds a layer of refs. A client that reconnects for a year would keep every attempt in memory.
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
