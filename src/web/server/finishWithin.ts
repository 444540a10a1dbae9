import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"

/**
 * Runs a step of a finalizer until it ends or the time is up. Returns `None` when the time is up.
 *
 * An interruption reaches the child fibers of a fiber also while the fiber runs a finalizer, and `timeoutOption` runs
 * the step in a child. So a second interruption would end the step at once, and the rest of the finalizer would not
 * run. A fiber of `disconnect` is no child.
 */
export const finishWithin = <A, E, R>(
  step: Effect.Effect<A, E, R>,
  time: Duration.DurationInput,
): Effect.Effect<Option.Option<A>, E, R> =>
  Effect.uninterruptible(Effect.disconnect(Effect.timeoutOption(Effect.interruptible(step), time)))
