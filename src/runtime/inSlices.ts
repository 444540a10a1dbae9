import * as Effect from "effect/Effect"
import type { Slices } from "../domain/index.ts"

// So long the event loop may wait for one turn of the work.
const turnMillis = 4

/**
 * Does long work without holding up the event loop: after each 4 ms of it the loop has a turn. Work that is done before
 * that is done at once. Interruption leaves the rest undone; what the work throws is a defect.
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
