import type * as Scheduler from "effect/Scheduler"

/**
 * Runs a fiber that is woken right where it is woken, in place of at the end of the turn: half of what such a wake
 * costs. For fibers that only wait and then end; anything else would run inside of somebody else's callback.
 */
export const atOnce: Scheduler.Scheduler = {
  shouldYield: () => false,
  scheduleTask: (task) => task(),
}
