import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

interface Waiter {
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown>
  readonly wake: () => void
}

const hasEnded = ({ fiber }: Waiter): boolean => fiber.unsafePoll() !== null

/**
 * Fibers that wait for something that callbacks bring about. A wait has no finalizer, which would double its cost: one
 * that was interrupted stays in the list until the next wake, or until the list has doubled.
 */
export class Waiters {
  // Made when somebody waits: most never have anybody.
  private waiting: Array<Waiter> | undefined
  private pruneAt = 8

  /** Waits until `isReady`, which is asked at once and after each {@link wake}. Can be interrupted. */
  until(isReady: () => boolean): Effect.Effect<void> {
    const look: Effect.Effect<void> = Effect.suspend(() => (isReady() ? Effect.void : this.waitThen(look)))
    return look
  }

  /** Waits for the next {@link wake}, then goes on with an effect. Can be interrupted. */
  waitThen<A, E>(next: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.withFiberRuntime((fiber) =>
      Effect.async<A, E>((resume) => this.add({ fiber, wake: () => resume(next) })),
    )
  }

  /** Lets all who wait look again. */
  wake(): void {
    const { waiting } = this
    if (waiting === undefined) return
    this.waiting = undefined
    for (const { wake } of waiting) wake()
  }

  isEmpty(): boolean {
    this.prune()
    return this.count() === 0
  }

  /** Those in the list: all who wait, and some who no longer do. */
  count(): number {
    return this.waiting?.length ?? 0
  }

  private add(waiter: Waiter): void {
    if (this.waiting === undefined) {
      // One is what most have, and an array that is pushed to makes room for seventeen.
      this.waiting = [waiter]
      return
    }
    if (this.waiting.length >= this.pruneAt) {
      this.prune()
      this.pruneAt = Math.max(8, this.waiting.length * 2)
    }
    this.waiting.push(waiter)
  }

  private prune(): void {
    this.waiting = this.waiting?.filter((waiter) => !hasEnded(waiter))
  }
}
