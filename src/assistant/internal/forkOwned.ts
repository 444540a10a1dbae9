import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"

/**
 * Runs an effect in a fiber of a scope, and runs `onEnd` after it in any case. A fiber that is interrupted before its first
 * step runs nothing at all, not even its finalizers, unless it begins uninterruptible.
 */
export const forkOwned = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  onEnd: (exit: Exit.Exit<A, E>) => Effect.Effect<void>,
  scope: Scope.Scope,
): Effect.Effect<Fiber.RuntimeFiber<A, E>, never, R> =>
  Effect.uninterruptible(Effect.forkIn(Effect.onExit(Effect.interruptible(effect), onEnd), scope))
