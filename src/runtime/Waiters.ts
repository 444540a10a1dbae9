import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

interface Waiter {
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown>
  readonly wake: () => void
}

const hasEnded = ({ fiber }: Waiter): boolean => fiber.unsafePoll() !== null

/**
 * Fibers that wait until a callback changes a condition. A wait has no finalizer, because a finalizer would double its
 * cost. An interrupted waiter therefore stays in the list until the next wake, or until the list has doubled and is
 * pruned.
 */
export class Waiters {
  // The list is made for the first waiter, because most instances never have a waiter.
  private waiting: Array<Waiter> | undefined
  private pruneAt = 8

  /** Waits until `isReady` returns `true`. Calls `isReady` at once and after each {@link wake}. Interruptible. */
  until(isReady: () => boolean): Effect.Effect<void> {
    const look: Effect.Effect<void> = Effect.suspend(() => (isReady() ? Effect.void : this.waitThen(look)))
    return look
  }

  /** Waits for the next {@link wake}, then runs an effect. Interruptible. */
  waitThen<A, E>(next: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.withFiberRuntime((fiber) =>
      Effect.async<A, E>((resume) => this.add({ fiber, wake: () => resume(next) })),
    )
  }

  /** Resumes all waiters. */
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

  /** Returns the length of the list. The list contains all waiters, and possibly some interrupted waiters. */
  count(): number {
    return this.waiting?.length ?? 0
  }

  private add(waiter: Waiter): void {
    if (this.waiting === undefined) {
      // Most lists have one waiter, and an array that grows by `push` allocates room for seventeen.
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
