import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"

/**
 * Forks an effect into a scope and always runs `onEnd` after it. The fiber starts uninterruptible, because a fiber that
 * is interrupted before its first step runs nothing, not even its finalizers.
 */
export const forkOwned = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  onEnd: (exit: Exit.Exit<A, E>) => Effect.Effect<void>,
  scope: Scope.Scope,
): Effect.Effect<Fiber.RuntimeFiber<A, E>, never, R> =>
  Effect.uninterruptible(Effect.forkIn(Effect.onExit(Effect.interruptible(effect), onEnd), scope))
