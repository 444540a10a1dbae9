import * as Effect from "effect/Effect"
import type { Slices } from "../domain/index.ts"

// The time after which the work yields to the event loop, milliseconds. The work blocks the event loop for this time.
const turnMillis = 4

/**
 * Runs long work without blocking the event loop: the work yields to the loop after every 4 ms. Shorter work runs
 * synchronously. Interruption skips the rest of the work. An exception in the work is a defect.
 */
export const inSlices = <A>(work: () => Slices<A>): Effect.Effect<A> =>
  Effect.async((resume) => {
    const slices = work()
    let next: NodeJS.Immediate | undefined
    const turn = (): void => {
      const until = performance.now() + turnMillis
      try {
        do {
          const step = slices.next()
          if (step.done === true) {
            resume(Effect.succeed(step.value))
            return
          }
        } while (performance.now() < until)
      } catch (error) {
        resume(Effect.die(error))
        return
      }
      next = setImmediate(turn)
    }
    turn()
    return Effect.sync(() => clearImmediate(next))
  })
