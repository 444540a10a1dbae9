import type * as Scheduler from "effect/Scheduler"

/**
 * A scheduler that resumes a fiber inside the call that wakes it, not at the end of the turn. This halves the cost of a
 * wake. It is only for fibers that wait and then end; other code would run inside a foreign callback.
 */
export const atOnce: Scheduler.Scheduler = {
  shouldYield: () => false,
  scheduleTask: (task) => task(),
}
