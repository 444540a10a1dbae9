import type * as Scheduler from "effect/Scheduler"

/**
 * A scheduler that resumes a fiber inside the call that wakes it, not at the end of the turn. This halves the cost of a
 * wake. Use it only for fibers that wait and then end. Any further code of the fiber would run inside the callback that
 * wakes it.
 */
export const atOnce: Scheduler.Scheduler = {
  shouldYield: () => false,
  scheduleTask: (task) => task(),
}
