import type * as Duration from "effect/Duration"
import type { Timing } from "../../runtime/Timing.ts"
import type { Wire } from "../../transport/Wire.ts"

/** Calls `onStuck` once, when a wire has made no progress for `deadline`. Returns the function that ends the watch. */
export const watchProgress = (
  timing: Pick<Timing, "after">,
  wire: Wire,
  deadline: Duration.Duration,
  onStuck: () => void,
): (() => void) => {
  let cancel = () => {}
  const look = (before: number): void => {
    cancel = timing.after(deadline, () => {
      const now = wire.progress()
      if (now === before) onStuck()
      else look(now)
    })
  }
  look(wire.progress())
  return () => cancel()
}
